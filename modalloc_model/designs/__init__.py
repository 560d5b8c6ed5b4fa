"""How module memory is handed out: one package a design."""
