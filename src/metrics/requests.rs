//! Requests by route, method and status. A request looks its route up once; the rest are handles that are kept.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use axum::http::Method;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::Held;
use super::measures::{Histograms, Measures, RequestLabels, RouteLabels};

/// The label of whatever is not among what is known: a path without a route, a method or a status that nobody expects.
const OTHER: &str = "other";

/// Methods that have a label of their own.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PATCH, Method::DELETE, Method::PUT, Method::HEAD, Method::OPTIONS];

/// Statuses that have a label of their own.
const STATUSES: [u16; 28] = [
    200, 201, 202, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 431,
    499, 500, 502, 503, 504,
];

/// The routes that were called so far.
pub(super) struct Requests {
    routes: RwLock<HashMap<String, Arc<Route>>>,
    unknown: Arc<Route>,
    seconds: Histograms<RouteLabels>,
    counts: Family<RequestLabels, Counter>,
    in_flight: Gauge,
}

/// The handles of one route.
struct Route {
    template: String,
    seconds: Histogram,
    /// By method, then by status; the last of each is [`OTHER`].
    counts: [[OnceLock<Counter>; STATUSES.len() + 1]; METHODS.len() + 1],
    of: Family<RequestLabels, Counter>,
}

impl Route {
    fn new(template: &str, seconds: &Histograms<RouteLabels>, of: &Family<RequestLabels, Counter>) -> Arc<Self> {
        Arc::new(Self {
            template: template.to_owned(),
            seconds: seconds.get_or_create_owned(&RouteLabels { route: template.to_owned() }),
            counts: std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())),
            of: of.clone(),
        })
    }

    fn count(&self, method: &Method, status: u16) -> &Counter {
        let by_method = METHODS.iter().position(|known| known == method);
        let by_status = STATUSES.iter().position(|known| *known == status);
        let place = &self.counts[by_method.unwrap_or(METHODS.len())][by_status.unwrap_or(STATUSES.len())];
        place.get_or_init(|| {
            self.of.get_or_create_owned(&RequestLabels {
                route: self.template.clone(),
                method: by_method.map_or(OTHER, |_| name(method)),
                status: by_status.map_or(OTHER.to_owned(), |place| STATUSES[place].to_string()),
            })
        })
    }
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}

impl Requests {
    pub(super) fn new(measures: &Measures) -> Self {
        Self {
            routes: RwLock::default(),
            unknown: Route::new(OTHER, &measures.request_seconds, &measures.requests),
            seconds: measures.request_seconds.clone(),
            counts: measures.requests.clone(),
            in_flight: measures.requests_in_flight.clone(),
        }
    }

    /// Begins to measure a request. The template must be one of the router's.
    pub(super) fn begin(&self, template: Option<&str>) -> Begun {
        let route = template.map_or_else(|| Arc::clone(&self.unknown), |template| self.route(template));
        Begun { route, _in_flight: Held::new(&self.in_flight) }
    }

    fn route(&self, template: &str) -> Arc<Route> {
        if let Some(known) = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(template) {
            return Arc::clone(known);
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Route::new(template, &self.seconds, &self.counts);
        Arc::clone(routes.entry(template.to_owned()).or_insert_with(new))
    }
}

/// A request that is being measured.
pub struct Begun {
    route: Arc<Route>,
    _in_flight: Held,
}

impl Begun {
    /// Notes how the request ended.
    pub fn ended(&self, method: &Method, status: u16, took: Duration) {
        self.route.count(method, status).inc();
        self.route.seconds.observe(took.as_secs_f64());
    }
}
