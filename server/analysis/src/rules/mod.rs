//! Planning rules: limits as data, held against an evaluation.
//!
//! A rule is a row of a JSON file (`assets/rules/`, or `rules/` in the city's folder): what is measured, how it is
//! compared, the limit, exceptions, clause, source, and whether the source was read (`verified`) or the figure is a
//! working value (参考值). The program knows how to measure; it knows no limit.

mod check;
mod coverage;
mod load;
mod measure;
mod model;

pub use check::{RuleResult, RuleSettings, Verdict, check};
pub use load::{RuleFault, RuleSet};
pub use model::{
    Applies, Comparator, Coverage, Exception, Greatest, LimitRow, LimitTable, OverHeight, Overlap, OverlapLayer,
    OverlapMeasure, ParkKind, Quantity, Ratio, Rule, RuleFile, Sum, SumOf,
};
