"""The one store of the inventory: its tables, its migrations, its only writer, its backup."""
