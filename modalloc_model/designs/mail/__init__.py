"""The allocator of the mail of December 2022, and of Linux up to 6.12."""
