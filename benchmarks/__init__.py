"""Timings of kernels against their rivals; see README.md."""
