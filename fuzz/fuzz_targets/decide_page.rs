//! `POST /simulator/{organization_id}/{page_id}`
#![no_main]

yuno_sessions_fuzz::target!("decide_page");
