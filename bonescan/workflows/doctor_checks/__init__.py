"""What `doctor` looks at: one file an area, each a function that gives findings."""
