"""Measures of how near generated data are to real data; none needs a download."""
