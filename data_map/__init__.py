"""What do we know? The vocabulary of the inventory, pure functions over it, and the one store that writes it."""
