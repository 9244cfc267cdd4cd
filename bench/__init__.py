"""Speed and cost, each as a ratio to something that runs beside it on the same machine."""
