//! Two operations whose calls go to the table one at a time, in an order that the test chooses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Answer;
use crate::fault::Rng;
use crate::fault::ask::Ask;
use crate::fault::wire::{Act, Asked};
use crate::fault::world::World;

/// A call that waits for its turn.
struct Held {
    who: usize,
    what: String,
    go: oneshot::Sender<()>,
}

type Queue = Arc<Mutex<Vec<Held>>>;

/// Which of the waiting calls goes next, at each step.
#[derive(Debug, Clone)]
pub enum Script {
    /// These, then always the first.
    Then(Vec<usize>),
    /// These, then as a seed says.
    Seeded(Vec<usize>, u64),
}

/// How two operations went.
pub struct Run {
    pub answers: [Answer; 2],
    /// At each step: which call went, of how many.
    pub steps: Vec<(usize, usize)>,
    /// The calls in their order.
    pub trace: Vec<String>,
}

/// Runs both, each on an instance of its own.
pub async fn run(world: &World, asks: [Ask; 2], script: &Script) -> Run {
    let queue: Queue = Arc::default();
    let mut tasks = Vec::new();
    for (who, ask) in asks.into_iter().enumerate() {
        let instance = world.another_instance();
        let held = queue.clone();
        instance.wire.hook(move |asked| hold(&held, who, asked));
        tasks.push(tokio::spawn(async move { ask.send(&instance.shop).await }));
    }
    let (fixed, mut rng) = match script {
        Script::Then(fixed) => (fixed, None),
        Script::Seeded(fixed, seed) => (fixed, Some(Rng::new(*seed))),
    };
    let (mut steps, mut trace) = (Vec::new(), Vec::new());
    loop {
        all_waiting(&queue, &tasks).await;
        let mut waiting = queue.lock().unwrap();
        if waiting.is_empty() {
            break;
        }
        waiting.sort_by_key(|held| held.who);
        let count = waiting.len();
        let choice = match (fixed.get(steps.len()), &mut rng) {
            (Some(choice), _) => (*choice).min(count - 1),
            (None, Some(rng)) => rng.below(count as u64) as usize,
            (None, None) => 0,
        };
        steps.push((choice, count));
        let held = waiting.remove(choice);
        trace.push(format!("{}{}", ["A ", "B "][held.who], held.what));
        held.go.send(()).ok();
    }
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    Run { answers: answers.try_into().unwrap(), steps, trace }
}

fn hold(queue: &Queue, who: usize, asked: &Asked) -> Act {
    // A channel and its keys never change here: when they are read makes no difference.
    let body = String::from_utf8_lossy(&asked.body);
    if asked.operation == "GetItem" && (body.contains("\"K#") || body.contains("\"CH\"")) {
        return Act::Pass;
    }
    let (go, until) = oneshot::channel();
    queue.lock().unwrap().push(Held { who, what: asked.operation.clone(), go });
    Act::Hold(until)
}

/// Waits until each operation has a call that waits for its turn, or is done. One that pauses before it tries again
/// goes on: the clock moves only when nobody can do anything, so sleeping here lets everybody else go first.
async fn all_waiting<T>(queue: &Queue, tasks: &[tokio::task::JoinHandle<T>]) {
    let mut pause = Duration::from_micros(1500);
    for _ in 0..200 {
        tokio::time::sleep(pause).await;
        let mut waiting = queue.lock().unwrap();
        waiting.retain(|held| !held.go.is_closed());
        let ready = |who: usize| tasks[who].is_finished() || waiting.iter().any(|held| held.who == who);
        if (0..tasks.len()).all(ready) {
            return;
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    panic!("an operation neither ends nor calls");
}

/// The next script after a run, depth first: the last of the first `depth` steps that had another choice takes it.
pub fn next(steps: &[(usize, usize)], depth: usize) -> Option<Vec<usize>> {
    let depth = depth.min(steps.len());
    let last = steps[..depth].iter().rposition(|(choice, count)| choice + 1 < *count)?;
    let mut script: Vec<usize> = steps[..last].iter().map(|(choice, _)| *choice).collect();
    script.push(steps[last].0 + 1);
    Some(script)
}

/// In how many orders `a` calls of one and `b` of the other can go.
pub fn orders(a: usize, b: usize) -> u128 {
    (1..=b as u128).fold(1, |all, n| all * (a as u128 + n) / n)
}
