"""The pages: each asks the workbench and shows the answer (convention 16)."""
