//! Webhooks: managing them, and what reaches their receivers.

mod addresses;
mod create;
mod delete;
mod deliver;
mod deliveries;
mod kill;
mod lanes;
mod list;
mod oauth2;
mod resend;
mod retrieve;
mod sign;
mod update;
