"""An Alibaba Cloud ECS on your desk: fleet, clock, operations, wire. It stands on its own."""
