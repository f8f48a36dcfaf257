//! Jobs: simulations that run one after the other, can be watched and stopped, and fail alone.

use super::ask::Asked;
use super::canvas::Canvas;
use super::city::City;
use super::live::Studies;
use super::ready::ReadyNetworks;
use super::registry::{SimulationError, find};
use super::results::{Begun, OutcomeAnswer, ResultFolder, Results};
use crate::http::AppState;
use analysis::Task;
use analysis::indicators::Text;
use serde::Serialize;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Jobs remembered after their end.
const MAX_ENDED: usize = 200;
/// Jobs that may wait; more are refused.
const MAX_WAITING: usize = 32;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum JobState {
    /// Waits for others.
    Queued,
    /// Runs.
    Running,
    /// Its result is there as a whole.
    Done,
    /// It ended without a result.
    Failed {
        /// Names the feature and the reason.
        error: Text,
    },
    /// It was stopped; nothing of it is kept.
    Cancelled,
}

impl JobState {
    /// True when nothing more happens.
    pub const fn is_over(&self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Name of its result.
    pub key: String,
    /// Simulation.
    pub simulation: &'static str,
    /// Scenario and its revision.
    pub scenario: (String, u64),
    task: Task,
    state: Mutex<JobState>,
}

impl Job {
    /// Where it stands.
    pub fn state(&self) -> JobState {
        lock(&self.state).clone()
    }

    /// Share of the work that is done.
    pub fn progress(&self) -> f64 {
        if self.state() == JobState::Done {
            1.0
        } else {
            self.task.progress()
        }
    }

    /// Stops it at its next step.
    pub fn cancel(&self) {
        self.task.cancel();
        let mut state = lock(&self.state);
        if *state == JobState::Queued {
            *state = JobState::Cancelled;
        }
    }

    fn begin(&self) -> bool {
        let mut state = lock(&self.state);
        let begins = *state == JobState::Queued;
        if begins {
            *state = JobState::Running;
        }
        begins
    }
}

/// The jobs of a server.
#[derive(Debug)]
pub struct Jobs {
    results: Results,
    known: Mutex<VecDeque<Arc<Job>>>,
    studies: Studies,
    /// Networks made for earlier questions.
    pub(super) networks: ReadyNetworks,
    /// Held by the job that runs: kernels use all processors themselves.
    turn: Mutex<()>,
}

impl Jobs {
    /// For a city's folder.
    pub fn new(results: Results) -> Self {
        let interrupted = |begun: &Begun| {
            Some(Arc::new(Job {
                key: begun.key.clone(),
                simulation: find(&begun.simulation)?.name(),
                scenario: begun.scenario.clone(),
                task: Task::default(),
                state: Mutex::new(JobState::Failed {
                    error: Text::new(
                        "计算中途服务器停止，没有结果；请重新计算",
                        "the server ended while it was computed, and there is no result: ask again",
                    ),
                }),
            }))
        };
        Self {
            known: Mutex::new(results.interrupted().iter().filter_map(interrupted).collect()),
            results,
            studies: Studies::default(),
            networks: ReadyNetworks::default(),
            turn: Mutex::default(),
        }
    }

    /// Results on disk.
    pub const fn results(&self) -> &Results {
        &self.results
    }

    /// What is prepared for answers while somebody edits.
    pub const fn studies(&self) -> &Studies {
        &self.studies
    }

    /// A job by the key of its result.
    pub fn find(&self, key: &str) -> Option<Arc<Job>> {
        lock(&self.known).iter().rev().find(|job| job.key == key).cloned()
    }

    /// Takes a question up: a result that is there or a job that runs already is not computed again.
    ///
    /// * the second value is the work to do, on a thread that may block for long
    ///
    /// # Errors
    /// How many wait already, when these are too many.
    pub fn submit(
        &self,
        state: &AppState,
        asked: Asked,
    ) -> Result<(Arc<Job>, Option<impl FnOnce() + Send + 'static>), usize> {
        let mut known = lock(&self.known);
        let is_running = |job: &&Arc<Job>| job.key == asked.key && !job.state().is_over();
        if let Some(job) = known.iter().find(is_running) {
            return Ok((Arc::clone(job), None));
        }
        let waiting = known.iter().filter(|job| !job.state().is_over()).count();
        let is_there = self.results.find(&asked.key).is_some();
        if waiting >= MAX_WAITING && !is_there {
            return Err(waiting);
        }
        let job = Arc::new(Job {
            key: asked.key.clone(),
            simulation: asked.simulation.name(),
            scenario: (asked.view.id.clone(), asked.view.revision),
            task: Task::default(),
            state: Mutex::new(if is_there { JobState::Done } else { JobState::Queued }),
        });
        known.retain(|other| other.key != job.key);
        while known.len() >= MAX_ENDED + MAX_WAITING {
            let Some(oldest) = known.iter().position(|job| job.state().is_over()) else {
                break;
            };
            known.remove(oldest);
        }
        known.push_back(Arc::clone(&job));
        let (this, state) = (Arc::clone(&job), state.clone());
        let work = move || {
            let _turn = lock(&state.jobs.turn);
            if this.begin() {
                let begun = Begun {
                    key: this.key.clone(),
                    simulation: this.simulation.to_owned(),
                    scenario: this.scenario.clone(),
                };
                if let Err(err) = state.jobs.results.begin(&begun) {
                    tracing::warn!(%err, key = this.key, "that a job has begun cannot be noted");
                }
                let end = end(&state, &asked, &this.task);
                if end != JobState::Done {
                    state.jobs.results.abandon(&this.key);
                }
                *lock(&this.state) = end;
            }
        };
        Ok((job, (!is_there).then_some(work)))
    }
}

/// Runs a question to its end.
fn end(state: &AppState, asked: &Asked, task: &Task) -> JobState {
    // a kernel that breaks must not take the server with it
    let result = catch_unwind(AssertUnwindSafe(|| run_here(state, asked, task)));
    match result {
        Ok(Ok(_)) => JobState::Done,
        Ok(Err(SimulationError::Cancelled(_))) => JobState::Cancelled,
        Ok(Err(SimulationError::Refused(error))) => JobState::Failed { error },
        Ok(Err(err)) => {
            tracing::error!(%err, simulation = asked.simulation.name(), "a simulation failed");
            failed()
        }
        Err(_) => {
            tracing::error!(
                simulation = asked.simulation.name(),
                key = asked.key,
                "a simulation broke"
            );
            failed()
        }
    }
}

fn failed() -> JobState {
    JobState::Failed {
        error: Text::new(
            "模拟未能完成，原因见服务器日志",
            "the simulation could not be finished; the log of the server says why",
        ),
    }
}

/// Runs a question on this thread and writes its result.
///
/// # Errors
/// [`SimulationError`]; nothing is written then.
pub fn run_here(state: &AppState, asked: &Asked, task: &Task) -> Result<ResultFolder, SimulationError> {
    let mut city = City::of(state, &asked.view, &asked.region, &asked.area);
    city.keep = asked.live_key.as_deref().map(|key| (&state.jobs.studies, key));
    let outcome = asked.simulation.run(&city, &asked.params, task)?;
    task.step(1.0)?;
    if !asked.is_current(state)? {
        return Err(SimulationError::refused(
            "计算期间城市数据有更新，结果已作废；请重新计算",
            "the city was changed while this was computed, and the result is void: ask again",
        ));
    }
    let answer = OutcomeAnswer::of(asked, &outcome);
    state
        .jobs
        .results
        .save(&answer, &outcome, &Canvas::of(&city)?)
        .map_err(|err| {
            tracing::error!(%err, "a result cannot be written");
            SimulationError::refused(
                format!("结果无法写入：{err}"),
                format!("the result cannot be written: {err}"),
            )
        })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
