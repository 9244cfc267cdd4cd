"""Make the task center agree: SQS FIFO in, HTTP out."""
