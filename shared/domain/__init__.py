"""What is true of instances and of days, and what to do about them. Pure: no call, no clock."""
