//! Charts, drawn here as SVG. Every number that one shows stands beside it as well.

use maud::{Markup, html};

use super::draw::when;
use crate::types::Timestamp;

/// How high a chart over time is, and how wide one of its bars with the gap beside it: units that are stretched to the
/// page.
const HEIGHT: f64 = 100.0;
const STEP: f64 = 10.0;
const GAP: f64 = 2.0;

/// A bar of a chart over time: all of something, and a part of it.
pub(super) struct Bar {
    pub begin: Timestamp,
    pub all: i64,
    pub part: i64,
}

/// A part of all of something that has a name.
pub(super) struct Share {
    pub name: String,
    pub all: i64,
    pub part: i64,
}

/// A share as it is read.
pub(super) fn percent(part: i64, all: i64) -> String {
    match all {
        0 => "–".to_owned(),
        all => format!("{:.1} %", 100.0 * ratio(part, all)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers that are drawn")]
fn ratio(part: i64, all: i64) -> f64 {
    match all {
        0 => 0.0,
        all => part as f64 / all as f64,
    }
}

/// Bars over time, with their numbers in a table.
pub(super) fn over_time(bars: &[Bar], title: &str, all: &str, part: &str) -> Markup {
    let most = bars.iter().map(|bar| bar.all).max().unwrap_or_default();
    let width = f64::from(u32::try_from(bars.len()).unwrap_or_default()) * STEP;
    let ends = [bars.first(), bars.get(bars.len() / 2), bars.last()];
    let label = format!("{title}: at most {most} at a time. The numbers are in the table below.");
    html! {
        figure.chart {
            p.legend aria-hidden="true" {
                span.key.all { (all) } span.key.part { (part) } span { "highest bar: " (most) }
            }
            svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                @for (at, bar) in (0_u32..).zip(bars) {
                    @let x = f64::from(at) * STEP;
                    (column(x, ratio(bar.all, most), "all"))
                    (column(x, ratio(bar.part, most), "part"))
                }
                line.axis x1="0" x2=(width) y1=(HEIGHT) y2=(HEIGHT) {}
            }
            p.ticks aria-hidden="true" { @for bar in ends.into_iter().flatten() { span { (short(bar.begin)) } } }
            details {
                summary { "The numbers" }
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        caption { (title) }
                        thead { tr { th scope="col" { "From" } th scope="col" { (all) } th scope="col" { (part) } } }
                        tbody {
                            @for bar in bars {
                                tr { th scope="row" { (when(bar.begin)) } td.number { (bar.all) } td.number { (bar.part) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A time below a chart, which says elsewhere which year it is: `01-15 12:00`.
fn short(time: Timestamp) -> String {
    time.to_seconds().get(5..16).unwrap_or_default().replace('T', " ")
}

fn column(x: f64, share: f64, class: &str) -> Markup {
    let height = share * HEIGHT;
    html! {
        @if share > 0.0 {
            rect class=(class) x=(x + GAP / 2.0) y=(format!("{:.2}", HEIGHT - height)) width=(STEP - GAP)
                height=(format!("{height:.2}")) {}
        }
    }
}

/// Shares, each with a bar.
pub(super) fn conversion(shares: &[Share], name: &str, all: &str) -> Markup {
    let rows = shares.iter().map(|share| {
        let numbers = vec![share.all.to_string(), share.part.to_string(), percent(share.part, share.all)];
        (share.name.as_str(), numbers, ratio(share.part, share.all))
    });
    bars(&[name, all, "Paid", "Conversion"], rows.collect())
}

/// How often each of something came, each with a bar.
pub(super) fn counts(counts: &[(String, i64)], name: &str, count: &str) -> Markup {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let rows = counts.iter().map(|(name, count)| (name.as_str(), vec![count.to_string()], ratio(*count, most)));
    bars(&[name, count], rows.collect())
}

/// A table whose rows end with a bar.
fn bars(heads: &[&str], rows: Vec<(&str, Vec<String>, f64)>) -> Markup {
    html! {
        @if rows.is_empty() { p { "None in this time." } } @else {
            div.scroll tabindex="0" role="region" aria-label={ "By " (heads[0].to_lowercase()) } {
                table.bars {
                    thead {
                        tr {
                            @for head in heads { th scope="col" { (head) } }
                            td aria-hidden="true" {}
                        }
                    }
                    tbody {
                        @for (name, numbers, share) in rows {
                            tr {
                                th scope="row" { (name) }
                                @for number in numbers { td.number { (number) } }
                                td.meter aria-hidden="true" {
                                    svg viewBox="0 0 100 10" preserveAspectRatio="none" {
                                        rect.all width="100" height="10" {}
                                        rect.part width=(format!("{:.1}", 100.0 * share)) height="10" {}
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_fits_into_its_chart_whatever_the_numbers_are() {
        let begin = Timestamp::parse("2026-01-15T12:00:00Z").expect("a time");
        for numbers in [vec![], vec![(0, 0)], vec![(3, 1), (0, 0), (i64::MAX, i64::MAX)]] {
            let bars: Vec<_> = numbers.into_iter().map(|(all, part)| Bar { begin, all, part }).collect();
            let drawn = over_time(&bars, "Title", "All", "Part").into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf") && !drawn.contains("=\"-"), "{drawn}");
        }
        assert_eq!(short(begin), "01-15 12:00");
        assert_eq!((percent(1, 3), percent(1, 0)), ("33.3 %".to_owned(), "–".to_owned()));
    }
}
