//! Requests that wait share statements, and none can harm another by it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, yield_now};
use yuno_sessions::db::Connection;
use yuno_sessions::db::batch::{Batch, ROOM, Shared};
use yuno_sessions::metrics::Metrics;
use yuno_sessions::types::OrganizationId;

use crate::support::TestApp;

/// A statement that waits until it is let go, and notes whom it was for.
struct Probe {
    number: usize,
    organization: OrganizationId,
    statements: Arc<Statements>,
}

struct Statements {
    sent: Mutex<Vec<Vec<usize>>>,
    gate: Semaphore,
    fate: Fate,
}

/// What becomes of a statement that is for several.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is done.
    Done,
    /// It is done for all but one, who must ask alone.
    DoneWithout(usize),
    /// It fails because of one, who also fails alone.
    FailsFor(usize),
    /// The connection breaks.
    Lost,
    /// It panics.
    Panics,
}

impl Statements {
    async fn pass(&self, numbers: Vec<usize>) {
        self.sent.lock().unwrap().push(numbers);
        self.gate.acquire().await.unwrap().forget();
    }
}

impl Shared for Probe {
    type Answer = usize;

    fn organization(&self) -> OrganizationId {
        self.organization
    }

    async fn alone(&self, _: &mut Connection) -> sqlx::Result<usize> {
        self.statements.pass(vec![self.number]).await;
        match self.statements.fate == Fate::FailsFor(self.number) {
            true => Err(sqlx::Error::RowNotFound),
            false => Ok(self.number * 10),
        }
    }

    async fn together(
        _: &mut Connection,
        organization: Option<OrganizationId>,
        asked: &[Self],
    ) -> sqlx::Result<Vec<Option<usize>>> {
        let statements = &asked[0].statements;
        statements.pass(asked.iter().map(|asked| asked.number).collect()).await;
        assert!(asked.len() > 1, "alone is cheaper");
        assert_eq!(
            organization,
            asked.iter().all(|other| other.organization == asked[0].organization).then_some(asked[0].organization)
        );
        match statements.fate {
            Fate::Done => Ok(asked.iter().map(|asked| Some(asked.number * 10)).collect()),
            Fate::DoneWithout(one) => {
                Ok(asked.iter().map(|asked| (asked.number != one).then_some(asked.number * 10)).collect())
            }
            Fate::FailsFor(_) => Err(sqlx::Error::RowNotFound),
            Fate::Lost => Err(sqlx::Error::Io(std::io::Error::other("gone"))),
            Fate::Panics => panic!("a fault of ours"),
        }
    }
}

/// A meeting, and those who come to it one after the other.
struct Meeting {
    app: TestApp,
    batch: Arc<Batch<Probe>>,
    statements: Arc<Statements>,
    asking: Vec<JoinHandle<sqlx::Result<usize>>>,
    came: Arc<AtomicUsize>,
}

/// How many are in statements of their own before the others wait.
const LEADERS: usize = 4;

impl Meeting {
    async fn new(fate: Fate) -> Self {
        let app = TestApp::new().await;
        let batch = Arc::new(Batch::new(app.pool().clone().into(), "probe", &Metrics::off()));
        let statements = Statements { sent: Mutex::default(), gate: Semaphore::new(0), fate };
        Self { app, batch, statements: Arc::new(statements), asking: Vec::new(), came: Arc::default() }
    }

    /// So many more come, all of one organization or each of the next of three.
    async fn come(&mut self, count: usize, organizations: usize) {
        for _ in 0..count {
            let number = self.asking.len();
            let organization = OrganizationId::fixed((number % organizations) as u128);
            let probe = Probe { number, organization, statements: Arc::clone(&self.statements) };
            let batch = Arc::clone(&self.batch);
            let came = Arc::clone(&self.came);
            self.asking.push(tokio::spawn(async move {
                came.fetch_add(1, Ordering::Relaxed);
                batch.ask(probe).await
            }));
        }
        while self.came.load(Ordering::Relaxed) < self.asking.len() {
            yield_now().await;
        }
    }

    /// Lets every statement go, and gives what each was answered: its number tenfold, or that it failed.
    async fn go(&mut self) -> Vec<Result<usize, String>> {
        self.statements.gate.add_permits(100_000);
        self.came.store(0, Ordering::Relaxed);
        let mut answers = Vec::new();
        for (number, asking) in self.asking.drain(..).enumerate() {
            let answer = asking.await.unwrap().map_err(|error| error.to_string());
            assert!(answer.is_err() || answer == Ok(number * 10), "somebody else's answer");
            answers.push(answer);
        }
        answers
    }

    /// The statements for more than one.
    fn shared(&self) -> Vec<Vec<usize>> {
        self.statements.sent.lock().unwrap().iter().filter(|numbers| numbers.len() > 1).cloned().collect()
    }

    fn sent(&self) -> usize {
        self.statements.sent.lock().unwrap().len()
    }
}

#[tokio::test]
async fn few_go_alone_and_at_once() {
    let mut meeting = Meeting::new(Fate::Done).await;
    for number in 0..20 {
        meeting.statements.gate.add_permits(1);
        let probe =
            Probe { number, organization: OrganizationId::fixed(1), statements: Arc::clone(&meeting.statements) };
        assert_eq!(meeting.batch.ask(probe).await.unwrap(), number * 10);
        assert_eq!(meeting.sent(), number + 1, "nobody waits for others to come");
    }
    meeting.come(LEADERS, 1).await;
    meeting.go().await;
    assert_eq!(meeting.shared(), Vec::<Vec<usize>>::new());
}

#[tokio::test]
async fn those_who_wait_share_a_statement() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.come(100, 3).await;
    assert!(meeting.go().await.iter().all(Result::is_ok));
    assert_eq!(meeting.shared(), [(LEADERS..100).collect::<Vec<_>>()]);
    assert_eq!(meeting.sent(), LEADERS + 1);
    // Nothing stays behind: the next one is as the first.
    meeting.come(1, 1).await;
    assert!(meeting.go().await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn no_statement_has_more_than_its_limit() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.come(1_000, 3).await;
    assert!(meeting.go().await.iter().all(Result::is_ok));
    assert!(meeting.shared().iter().all(|numbers| numbers.len() <= 128), "{:?}", meeting.shared());
    let mut sent: Vec<_> = meeting.statements.sent.lock().unwrap().concat();
    sent.sort_unstable();
    assert_eq!(sent, (0..1_000).collect::<Vec<_>>(), "each is asked once");
}

#[tokio::test]
async fn one_that_fails_fails_alone() {
    let mut meeting = Meeting::new(Fate::FailsFor(7)).await;
    meeting.come(20, 1).await;
    let answers = meeting.go().await;
    let failed: Vec<_> = (0..20).filter(|number| answers[*number].is_err()).collect();
    assert_eq!(failed, [7]);
    assert_eq!(meeting.sent(), LEADERS + 1 + 16, "together once, then each");
}

#[tokio::test]
async fn one_that_cannot_go_with_the_others_goes_alone() {
    let mut meeting = Meeting::new(Fate::DoneWithout(7)).await;
    meeting.come(20, 1).await;
    assert!(meeting.go().await.iter().all(Result::is_ok));
    assert_eq!(meeting.sent(), LEADERS + 1 + 1);
}

#[tokio::test]
async fn nothing_is_asked_twice_when_nobody_knows_what_was_done() {
    let mut meeting = Meeting::new(Fate::Lost).await;
    meeting.come(20, 1).await;
    let answers = meeting.go().await;
    assert!(answers[..LEADERS].iter().all(Result::is_ok) && answers[LEADERS..].iter().all(Result::is_err));
    assert_eq!(meeting.sent(), LEADERS + 1);
}

#[tokio::test]
async fn a_panic_is_not_waited_for() {
    let mut meeting = Meeting::new(Fate::Panics).await;
    meeting.come(20, 1).await;
    let answers = meeting.go().await;
    assert!(answers[..LEADERS].iter().all(Result::is_ok) && answers[LEADERS..].iter().all(Result::is_err));
    // And the next ones find the meeting as it was.
    meeting.come(1, 1).await;
    assert!(meeting.go().await[0].is_ok());
}

#[tokio::test]
async fn who_goes_away_harms_nobody() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.come(20, 1).await;
    for gone in [0, 9, 15] {
        meeting.asking[gone].abort();
    }
    yield_now().await;
    meeting.statements.gate.add_permits(100_000);
    for (number, asking) in meeting.asking.drain(..).enumerate() {
        let answer = asking.await;
        assert_eq!(answer.is_err(), [0, 9, 15].contains(&number), "{number}");
        assert!(answer.is_err() || answer.unwrap().unwrap() == number * 10);
    }
    let expected: Vec<_> = (LEADERS..20).filter(|number| ![9, 15].contains(number)).collect();
    assert_eq!(meeting.shared(), [expected], "who has gone is left out");
}

#[tokio::test]
async fn who_finds_no_room_is_told_at_once() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.come(LEADERS + ROOM, 1).await;
    let statements = Arc::clone(&meeting.statements);
    let refused = meeting.batch.ask(Probe { number: 0, organization: OrganizationId::fixed(1), statements }).await;
    assert!(matches!(refused, Err(sqlx::Error::PoolTimedOut)), "{refused:?}");
    let answers = meeting.go().await;
    let failed: Vec<_> = answers.iter().enumerate().filter(|(_, answer)| answer.is_err()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn organizations_can_be_kept_apart() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.batch.keep_organizations_apart();
    meeting.come(100, 3).await;
    assert!(meeting.go().await.iter().all(Result::is_ok));
    let shared = meeting.shared();
    assert!(shared.iter().all(|numbers| numbers.iter().all(|number| number % 3 == numbers[0] % 3)), "{shared:?}");
    assert_eq!(shared.iter().map(Vec::len).sum::<usize>(), 100 - LEADERS);
}

#[tokio::test]
async fn a_shutdown_waits_for_nobody_that_cannot_be_served() {
    let mut meeting = Meeting::new(Fate::Done).await;
    meeting.come(LEADERS + ROOM, 1).await;
    let pool = meeting.app.pool().clone();
    let closing = tokio::spawn(async move { pool.close().await });
    yield_now().await;
    let answers = meeting.go().await;
    // Those on their way are done; the others are told.
    assert!(answers[LEADERS..].iter().all(Result::is_err), "{answers:?}");
    closing.await.unwrap();
    let sent: Vec<_> = meeting.statements.sent.lock().unwrap().concat();
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_ok(), sent.contains(&number), "{number}");
    }
}
