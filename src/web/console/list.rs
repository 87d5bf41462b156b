//! What the lists of sessions and payments have in common: searching and paging.

use axum::http::Uri;
use maud::{Markup, html};
use url::form_urlencoded;

use crate::web::form::Form;

/// How many a page has.
pub(super) const PAGE: usize = 50;

/// How many of the organization are looked through for a page.
pub(super) const LOOKED_AT: i64 = 20_000;

/// A page, and one more to know whether another page follows.
pub(super) fn one_more() -> i64 {
    i64::try_from(PAGE + 1).unwrap_or(i64::MAX)
}

/// What is asked of a list.
pub(super) struct Query {
    /// What is looked for; empty for everything.
    pub search: String,
    /// How it must stand.
    pub status: Option<&'static str>,
    /// After which one in the list the page begins; empty for the first page.
    pub before: String,
}

impl Query {
    /// Reads an address. What it has that cannot be says nothing.
    pub(super) fn of(uri: &Uri, statuses: &[&'static str]) -> Self {
        let query = Form::of_query(uri);
        // PostgreSQL keeps no such character, so that nothing has it.
        let search = query.text("search").replace('\0', "\u{fffd}");
        let status = statuses.iter().find(|status| **status == query.text("status")).copied();
        Self { search, status, before: query.text("before").to_owned() }
    }

    /// What is looked for, if anything.
    pub(super) fn searched(&self) -> Option<&str> {
        Some(self.search.as_str()).filter(|search| !search.is_empty())
    }

    fn address(&self, section: &str, before: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in
            [("search", self.searched()), ("status", self.status), ("before", before.filter(|id| !id.is_empty()))]
        {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        match query.finish() {
            query if query.is_empty() => section.to_owned(),
            query => format!("{section}?{query}"),
        }
    }
}

/// The form with which a list is searched.
pub(super) fn search_form(section: &str, query: &Query, label: &str, statuses: &[&str]) -> Markup {
    html! {
        form.search action=(section) role="search" {
            div { label for="search" { (label) } input #search name="search" value=(query.search) spellcheck="false"; }
            div {
                label for="status" { "Status" }
                select #status name="status" {
                    option value="" { "Any" }
                    @for status in statuses {
                        option value=(status) selected[query.status == Some(status)] { (status) }
                    }
                }
            }
            button { "Search" }
        }
    }
}

/// That a list is empty, and of what.
pub(super) fn nothing(what: &str, query: &Query, more: bool) -> Markup {
    let looked_for = query.searched().is_some() || query.status.is_some();
    html! {
        @match (looked_for, more) {
            (_, true) => { "None of the newest " (LOOKED_AT) " " (what) " of the organization." },
            (true, false) => { "No such " (what) " in this account." },
            (false, false) => { "No " (what) " in this account yet." },
        }
    }
}

/// Leads to the other pages of a list.
pub(super) fn pages(section: &str, query: &Query, older: Option<&str>) -> Markup {
    html! {
        p.pages {
            @if !query.before.is_empty() { a href=(query.address(section, None)) { "Newest" } }
            @if let Some(older) = older { a href=(query.address(section, Some(older))) rel="next" { "Older" } }
        }
    }
}
