"""What `npx nx run benchmarks:spark` compares the job with, and measures it by."""
