"""What commands and demo show on the screen."""
