"""What commands show: tables as data, and their renderers."""
