"""The planner's app: pages in the browser that ask the workbench and show its answers."""
