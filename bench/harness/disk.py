"""What results take on disk."""


class Disk:
    """Room is that of all tables of results with their indexes, as PostgreSQL has allocated it; the log is what was written to it, and is overwritten in time."""

    def __init__(self, stack):
        self.stack = stack
        self.log_begin = 0
        self.log_end = 0

    def log_position(self) -> int:
        return int(self.stack.query("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0][0])

    def begin(self):
        self.log_begin = self.log_position()

    def end(self):
        self.log_end = self.log_position()

    def report(self, completed: int) -> dict:
        size, rows = self.stack.query("select coalesce(sum(pg_total_relation_size(inhrelid)), 0), (select count(*) from result) from pg_inherits where inhparent = 'result'::regclass")[0]
        return {"bytes_per_result": round(float(size) / rows, 1) if rows else None,
                "log_bytes_per_result": round((self.log_end - self.log_begin) / completed, 1) if completed else None}
