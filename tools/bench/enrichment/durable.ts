/** A database that writes to the disk before it says so, as one that matters does; tests need not. */
export const durable = [
  "fsync = on",
  "shared_buffers = 512MB",
  "max_wal_size = 4GB",
  "checkpoint_timeout = 15min",
];
