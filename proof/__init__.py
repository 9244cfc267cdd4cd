"""What this project claims of itself, run again by anyone: `make prove` writes docs/performance.md and capacity.md."""
