"""The story that Holdfast tells about itself, and the embedded parts that it is told on."""
