//! Members and items that no keyword has evaluated (JSON Schema Core, section 11).

use super::{Check, Keyword, RuleId};
use crate::schema::instance::Instance;

impl Check<'_> {
    /// Returns whether the members that nothing else evaluates are valid by a rule.
    pub(super) fn unevaluated_properties_are(
        &mut self,
        rule: RuleId,
        parent: RuleId,
        value: Instance<'_>,
        nesting: usize,
    ) -> bool {
        let Some(members) = value.object() else { return true };
        let applied = self.applied(parent, value, nesting);
        members.iter().all(|(name, member)| {
            let evaluates = |id: &RuleId| self.evaluates_member(*id, name, *id == parent);
            applied.iter().any(evaluates) || self.is_valid(rule, member, 0)
        })
    }

    fn evaluates_member(&self, id: RuleId, name: &str, is_parent: bool) -> bool {
        self.validator.rules[id].keywords.iter().any(|keyword| match keyword {
            Keyword::Members(members) => members.of(name).next().is_some(),
            Keyword::UnevaluatedProperties(_) => !is_parent,
            _ => false,
        })
    }

    /// Returns whether the items that nothing else evaluates are valid by a rule.
    pub(super) fn unevaluated_items_are(
        &mut self,
        rule: RuleId,
        parent: RuleId,
        value: Instance<'_>,
        nesting: usize,
    ) -> bool {
        let Some(items) = value.array() else { return true };
        let applied = self.applied(parent, value, nesting);
        items.iter().enumerate().all(|(index, item)| {
            let mut evaluates = |id: &RuleId| self.evaluates_item(*id, index, item, *id == parent);
            applied.iter().any(&mut evaluates) || self.is_valid(rule, item, 0)
        })
    }

    fn evaluates_item(
        &mut self,
        id: RuleId,
        index: usize,
        item: Instance<'_>,
        is_parent: bool,
    ) -> bool {
        let validator = self.validator;
        validator.rules[id].keywords.iter().any(|keyword| match keyword {
            Keyword::Items { prefix, rest } => rest.is_some() || index < prefix.len(),
            Keyword::Contains { rule, .. } => self.is_valid(*rule, item, 0),
            Keyword::UnevaluatedItems(_) => !is_parent,
            _ => false,
        })
    }

    /// Returns the rules that apply to a value and by which it is valid, a rule itself
    /// among them.
    fn applied(&mut self, rule: RuleId, value: Instance<'_>, nesting: usize) -> Vec<RuleId> {
        let mut applied = vec![rule];
        let mut next = 0;
        while let Some(id) = applied.get(next).copied() {
            next += 1;
            let validator = self.validator;
            for keyword in &validator.rules[id].keywords {
                let candidates: Vec<RuleId> = match keyword {
                    Keyword::Reference(rule) => vec![*rule],
                    Keyword::AllOf(rules) | Keyword::AnyOf(rules) | Keyword::OneOf(rules) => {
                        rules.clone()
                    }
                    Keyword::If { condition, then, otherwise } => {
                        let holds = self.is_valid(*condition, value, nesting);
                        let branch = if holds { *then } else { *otherwise };
                        holds.then_some(*condition).into_iter().chain(branch).collect()
                    }
                    Keyword::DependentSchemas(schemas) => {
                        let is_present = |name: &str| {
                            value.object().is_some_and(|members| members.get(name).is_some())
                        };
                        let present = schemas.iter().filter(|(name, _)| is_present(name));
                        present.map(|(_, rule)| *rule).collect()
                    }
                    _ => continue,
                };
                for candidate in candidates {
                    if !applied.contains(&candidate) && self.is_valid(candidate, value, nesting) {
                        applied.push(candidate);
                    }
                }
            }
        }
        applied
    }
}
