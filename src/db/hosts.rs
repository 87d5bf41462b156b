//! Where the database is: one server, or several of which one at a time is the primary, named as libpq names them.

use std::fmt;
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use url::form_urlencoded;

/// How many servers can be named at most: each is asked whether it is the primary.
const MOST: usize = 16;

/// The servers that a `DATABASE_URL` names, in its order: at least one.
#[derive(Clone)]
pub struct Hosts(Vec<PgConnectOptions>);

impl Hosts {
    /// Reads a PostgreSQL URL, with several hosts as libpq has them:
    /// `postgres://user:password@one:5432,other:5433/database?target_session_attrs=read-write`, or
    /// `?host=one,other&port=5432,5433`. What is wrong is told without the URL, which has a password in it.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "must be a PostgreSQL URL, such as postgres://user:password@localhost:5432/yuno_sessions \
                                or, with a standby, postgres://user:password@one:5432,other:5432/yuno_sessions";
        let (scheme, rest) = url.split_once("://").ok_or(EXPECTED)?;
        if !["postgres", "postgresql"].contains(&scheme) {
            return Err(EXPECTED);
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, named) = authority.rsplit_once('@').unwrap_or(("", authority));
        let at = if authority.contains('@') { "@" } else { "" };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let sent = Parameters::read(query)?;
        let one = |host: &str| {
            let url = format!("{scheme}://{user}{at}{host}{path}?{}", sent.others);
            PgConnectOptions::from_str(&url).map_err(|_| EXPECTED)
        };
        let hosts: Vec<_> = match &sent.hosts {
            Some(hosts) => {
                // A URL with a user must have a host; each takes its place.
                let base = one("localhost")?;
                let ports = sent.ports(hosts.len()).ok_or(EXPECTED)?;
                hosts.iter().zip(ports).map(|(host, port)| at_host(base.clone(), host).port(port)).collect()
            }
            None => named.split(',').map(one).collect::<Result<_, _>>()?,
        };
        let empty = |host: &PgConnectOptions| host.get_host().is_empty() && host.get_socket().is_none();
        // Left empty, the driver would take a host from elsewhere.
        let left_out = named.contains(',') && named.split(',').any(str::is_empty);
        match hosts.len() > MOST || hosts.iter().any(empty) || left_out {
            true => Err(EXPECTED),
            false => Ok(Self(hosts)),
        }
    }

    /// The servers.
    #[must_use]
    pub fn all(&self) -> &[PgConnectOptions] {
        &self.0
    }
}

impl From<PgConnectOptions> for Hosts {
    fn from(host: PgConnectOptions) -> Self {
        Self(vec![host])
    }
}

/// Where they are, and nothing that is secret.
impl fmt::Display for Hosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<_> = self.0.iter().map(place).collect();
        formatter.write_str(&places.join(", "))
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hosts({self})")
    }
}

/// Where a server is.
#[must_use]
pub fn place(host: &PgConnectOptions) -> String {
    match host.get_socket() {
        Some(socket) => format!("{}:{}", socket.display(), host.get_port()),
        None => format!("{}:{}", host.get_host(), host.get_port()),
    }
}

fn at_host(options: PgConnectOptions, host: &str) -> PgConnectOptions {
    match host.starts_with('/') {
        true => options.socket(host),
        false => options.host(host),
    }
}

/// What the part behind the `?` says of hosts, and what is left of it.
struct Parameters {
    hosts: Option<Vec<String>>,
    ports: Option<String>,
    others: String,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, &'static str> {
        let (mut hosts, mut ports) = (None, None);
        let mut others = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "host" => hosts = Some(value.split(',').map(str::to_owned).collect()),
                "port" => ports = Some(value.into_owned()),
                // Nothing else is of use here: everything that is asked is asked of the primary.
                "target_session_attrs" if ["read-write", "primary"].contains(&&*value) => {}
                "target_session_attrs" => return Err("must have read-write or primary as its target_session_attrs"),
                _ => {
                    others.append_pair(&name, &value);
                }
            }
        }
        if hosts.is_none()
            && let Some(port) = &ports
        {
            others.append_pair("port", port);
        }
        Ok(Self { hosts, ports, others: others.finish() })
    }

    /// A port for each host: one for all of them, or one for each.
    fn ports(&self, hosts: usize) -> Option<Vec<u16>> {
        const USUAL: u16 = 5432;
        let Some(ports) = &self.ports else { return Some(vec![USUAL; hosts]) };
        let read = |port: &str| if port.is_empty() { Some(USUAL) } else { port.parse().ok() };
        let ports: Vec<_> = ports.split(',').map(read).collect::<Option<_>>()?;
        match ports.as_slice() {
            [one] => Some(vec![*one; hosts]),
            each if each.len() == hosts => Some(ports),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(url: &str) -> String {
        Hosts::parse(url).expect("a URL").to_string()
    }

    #[test]
    fn reads_one_host_or_several() {
        assert_eq!(places("postgres://u:p@localhost/x"), "localhost:5432");
        assert_eq!(places("postgres://u:p@one:5433,other/x"), "one:5433, other:5432");
        assert_eq!(places("postgresql://u:p%2C@[::1]:1,[::2]/x?sslmode=disable"), "[::1]:1, [::2]:5432");
        assert_eq!(places("postgres://u:p@one,other/x?target_session_attrs=read-write"), "one:5432, other:5432");
        assert_eq!(places("postgres://u:p@/x?host=one,other"), "one:5432, other:5432");
        assert_eq!(places("postgres:///x?host=one,/run/pg&port=5433"), "one:5433, /run/pg:5433");
        assert_eq!(places("postgres:///x?host=one,other&port=1,2"), "one:1, other:2");
        assert_eq!(places("postgres:///x?host=one&port=1"), "one:1");
        assert_eq!(places("postgres://u:a,,b@one,other/x"), "one:5432, other:5432");
        assert_eq!(places("postgres://u:p@/x?host=/run/pg"), "/run/pg:5432");
        let hosts = Hosts::parse("postgres://u:p@one,other/x?sslmode=require").expect("a URL");
        for host in hosts.all() {
            assert_eq!((host.get_username(), host.get_database()), ("u", Some("x")));
            assert!(matches!(host.get_ssl_mode(), sqlx::postgres::PgSslMode::Require));
        }
    }

    #[test]
    fn says_what_is_wrong_without_the_password() {
        for url in [
            "mysql://u:hunter2@one/x",
            "localhost",
            "postgres://u:hunter2@one,,other/x",
            "postgres://one,/hunter2",
            "postgres://,other/hunter2",
            "postgres:///hunter2?host=one,,other",
            "postgres://u:hunter2@one:port,other/x",
            "postgres://u:hunter2@one,other/x?target_session_attrs=standby",
            "postgres://u:hunter2@/x?host=one,other&port=1,2,3",
            "postgres://u:hunter2@a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q/x",
        ] {
            let wrong = Hosts::parse(url).expect_err(url);
            assert!(wrong.starts_with("must ") && !wrong.contains("hunter2"), "{wrong}");
        }
        let hosts = Hosts::parse("postgres://u:hunter2@one,other/x").expect("a URL");
        assert_eq!(format!("{hosts:?}"), "Hosts(one:5432, other:5432)");
    }
}
