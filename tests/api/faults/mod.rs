//! Faults that are injected while clients call, and what was lost: run where there is a PostgreSQL that can be stopped.

mod away;
mod callers;
mod check;
mod crashes;
mod failover;
mod journal;
