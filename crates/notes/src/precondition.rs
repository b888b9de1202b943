//! Preconditions of a request (RFC 9110 section 13), evaluated as a pure function against a version.

/// A set of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// `*`: each of them.
    Any,
    /// These versions only.
    These(Vec<i64>),
}

impl Versions {
    /// A resource without a version, such as the list, matches no named version.
    fn hold(&self, current: Option<i64>) -> bool {
        match self {
            Self::Any => true,
            Self::These(versions) => current.is_some_and(|current| versions.contains(&current)),
        }
    }
}

/// The preconditions of one request, for a resource that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// `If-Match`: the current version is one of these.
    pub one_of: Option<Versions>,
    /// `If-None-Match`: the current version is none of these.
    pub none_of: Option<Versions>,
}

/// The result, in the order of RFC 9110 section 13.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluated {
    /// All hold.
    True,
    /// `If-Match` does not.
    NotOneOf,
    /// `If-None-Match` does not.
    OneOf,
}

impl Preconditions {
    /// Evaluates both for a resource in this version; `None` if it has no versions.
    #[must_use]
    pub fn evaluate(&self, current: Option<i64>) -> Evaluated {
        let holds = |versions: &Versions| versions.hold(current);
        if !self.one_of.as_ref().is_none_or(holds) {
            return Evaluated::NotOneOf;
        }
        if self.none_of.as_ref().is_some_and(holds) {
            return Evaluated::OneOf;
        }
        Evaluated::True
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(versions: &[i64]) -> Option<Versions> {
        Some(Versions::These(versions.to_vec()))
    }

    #[test]
    fn each_condition_is_judged_and_if_match_comes_first() {
        for (one_of, none_of, current, evaluated) in [
            (None, None, Some(1), Evaluated::True),
            (Some(Versions::Any), None, Some(1), Evaluated::True),
            (Some(Versions::Any), None, None, Evaluated::True),
            (these(&[3, 1]), None, Some(1), Evaluated::True),
            (these(&[3, 2]), None, Some(1), Evaluated::NotOneOf),
            (these(&[]), None, Some(1), Evaluated::NotOneOf),
            (these(&[1]), None, None, Evaluated::NotOneOf),
            (None, Some(Versions::Any), Some(1), Evaluated::OneOf),
            (None, Some(Versions::Any), None, Evaluated::OneOf),
            (None, these(&[3, 1]), Some(1), Evaluated::OneOf),
            (None, these(&[3, 2]), Some(1), Evaluated::True),
            (None, these(&[1]), None, Evaluated::True),
            (these(&[2]), these(&[1]), Some(1), Evaluated::NotOneOf),
            (these(&[1]), these(&[1]), Some(1), Evaluated::OneOf),
        ] {
            let preconditions = Preconditions { one_of, none_of };
            assert_eq!(preconditions.evaluate(current), evaluated, "{preconditions:?} {current:?}");
        }
    }
}
