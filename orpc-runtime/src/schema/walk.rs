//! The walk along a value and its schema that finds issues.

use std::collections::HashMap;

use super::effort::MOST_EFFORT;
use super::instance::{Identity, Instance};
use super::issue::{Bounds, Issue};
use super::issue_tree::{IssueTree, NodeId, Others, SchemaNode, Union};
use super::messages::{REQUIRED, options};
use super::refs::Types;
use super::validator::{Fault, is_equal};
use crate::value::PathSegment;

/// The most places of the schema that are looked at for one input, of which some are
/// looked at from several others.
const MOST_STEPS: usize = 4_000_000;

/// The word on a value that is of no branch of a union.
const NO_SHAPE: &str = "Invalid input: matches none of the allowed shapes";

/// A walk on its way.
pub(super) struct Walk<'t> {
    tree: &'t IssueTree,
    /// The input is not there at all.
    undefined: bool,
    path: Vec<PathSegment>,
    steps: usize,
    issues: Vec<Issue>,
    bounds: Bounds,
    /// The branches that values were tried on, and whether they are of them.
    tried: HashMap<(NodeId, Identity), bool>,
}

/// The branch of a union that a value was meant for.
pub(super) enum Meant {
    Branch(NodeId),
    /// One of several that it is like.
    OneOf(Vec<NodeId>),
    /// None, for that reason.
    None(Issue),
}

impl<'t> Walk<'t> {
    /// All issues of a value that the schema refuses.
    pub(super) fn issues(tree: &'t IssueTree, value: Instance<'_>, undefined: bool) -> Vec<Issue> {
        let mut walk = Self::new(tree, undefined);
        walk.visit(tree.root, value);
        if walk.issues.is_empty() {
            // Such as a value that several branches take where one should.
            let message = "Invalid input: refused as a whole".to_owned();
            walk.issues.push(Issue { message, path: Vec::new() });
        }
        walk.bounds.close(walk.issues)
    }

    fn new(tree: &'t IssueTree, undefined: bool) -> Self {
        Self {
            tree,
            undefined,
            path: Vec::new(),
            steps: 0,
            issues: Vec::new(),
            bounds: Bounds::default(),
            tried: HashMap::new(),
        }
    }

    pub(super) fn node(&self, id: NodeId) -> &'t SchemaNode {
        self.tree.node(id)
    }

    /// Returns whether serde can read a value in a bounded number of steps.
    pub(super) fn is_bounded(tree: &'t IssueTree, value: Instance<'_>) -> bool {
        let walk = Self::new(tree, false);
        walk.effort(tree.root, value, &mut HashMap::new()) <= MOST_EFFORT
    }

    fn is_over(&self) -> bool {
        self.bounds.are_passed || self.steps > MOST_STEPS
    }

    fn issue(&self, message: String) -> Issue {
        Issue { message, path: self.path.clone() }
    }

    fn add(&mut self, issue: Issue) {
        // Two schemas may have the same to say.
        if self.issues.last() != Some(&issue) && self.bounds.admit(&issue) {
            self.issues.push(issue);
        }
    }

    fn add_at(&mut self, name: &str, message: String) {
        self.path.push(PathSegment::Key(name.to_owned()));
        let issue = self.issue(message);
        self.path.pop();
        self.add(issue);
    }

    fn visit(&mut self, id: NodeId, value: Instance<'_>) {
        self.steps += 1;
        if self.is_over() {
            return;
        }
        let tree: &'t IssueTree = self.tree;
        let schema = tree.node(id);
        if schema.is_never {
            let issue = self.issue("Invalid input: no value is allowed here".to_owned());
            self.add(issue);
            return;
        }
        if !self.visit_own(schema, value) {
            return;
        }
        for part in &schema.all {
            self.visit(*part, value);
        }
        let is_null = value.is_null();
        for union in schema.unions.iter().filter(|union| !(is_null && union.takes_null)) {
            self.visit_union(union, value);
        }
        self.visit_members(id, schema, value);
        self.visit_items(schema, value);
    }

    /// Reports what is wrong with the value itself; false if it is of another kind, so
    /// that its parts say nothing more.
    fn visit_own(&mut self, schema: &'t SchemaNode, value: Instance<'_>) -> bool {
        let Some(own) = &schema.own else { return true };
        let faults = own.faults(value, self.undefined && self.path.is_empty());
        let of_kind = faults.iter().find(|fault| matches!(fault, Fault::Kind(_)));
        let of_type = faults.iter().find(|fault| matches!(fault, Fault::Type(_)));
        if let Some(fault) = of_kind.or(of_type) {
            let issue = self.issue(fault.message().to_owned());
            self.add(issue);
            return false;
        }
        for fault in faults {
            match fault {
                Fault::Member { name, message } => self.add_at(&name, message),
                Fault::Kind(message) | Fault::Type(message) | Fault::Value(message) => {
                    let issue = self.issue(message);
                    self.add(issue);
                }
            }
        }
        true
    }

    fn visit_members(&mut self, id: NodeId, schema: &SchemaNode, value: Instance<'_>) {
        let Some(object) = value.object() else { return };
        for property in &schema.properties {
            match object.get(&property.name) {
                Some(member) => {
                    self.path.push(PathSegment::Key(property.name.clone()));
                    self.visit(property.node, member);
                    self.path.pop();
                }
                None if property.is_required => self.add_missing(&property.name),
                None => {}
            }
        }
        let has = |name: &String| schema.properties.iter().any(|it| it.name == *name);
        for name in schema.required.iter().filter(|name| !has(name)) {
            if object.get(name).is_none() {
                self.add_missing(name);
            }
        }
        let watches_others = !schema.patterns.is_empty()
            || !matches!(schema.others, Others::Anything)
            || schema.is_closed_as_a_whole;
        if !watches_others {
            return;
        }
        let mut unknown = Vec::new();
        for (name, member) in object.iter() {
            if self.is_over() {
                return;
            }
            if self.visit_other(id, schema, name, member, value) {
                unknown.push(name.to_owned());
            }
        }
        if !unknown.is_empty() {
            let issue = self.issue(format!("Unrecognized members: {}", unknown.join(", ")));
            self.add(issue);
        }
    }

    fn add_missing(&mut self, name: &str) {
        self.add_at(name, REQUIRED.to_owned());
    }

    /// Visits a member that may have no name in the schema; true if it may not be there.
    fn visit_other(
        &mut self,
        id: NodeId,
        schema: &SchemaNode,
        name: &str,
        member: Instance<'_>,
        value: Instance<'_>,
    ) -> bool {
        if schema.properties.iter().any(|property| property.name == name) {
            return false;
        }
        let mut is_known = false;
        for (pattern, part) in &schema.patterns {
            if pattern.is_match(name) {
                is_known = true;
                self.path.push(PathSegment::Key(name.to_owned()));
                self.visit(*part, member);
                self.path.pop();
            }
        }
        if is_known {
            return false;
        }
        match schema.others {
            Others::Anything => schema.is_closed_as_a_whole && !self.names(id, name, value, 8),
            Others::Nothing => true,
            Others::Of(part) => {
                self.path.push(PathSegment::Key(name.to_owned()));
                self.visit(part, member);
                self.path.pop();
                false
            }
        }
    }

    /// Returns whether a schema, or one that the same value is of, has a member of that name.
    fn names(&self, id: NodeId, name: &str, value: Instance<'_>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let schema = self.tree.node(id);
        schema.properties.iter().any(|property| property.name == name)
            || schema.patterns.iter().any(|(pattern, _)| pattern.is_match(name))
            || matches!(schema.others, Others::Of(_))
            || schema.all.iter().any(|part| self.names(*part, name, value, depth))
            || schema.unions.iter().any(|union| match self.meant(union, value) {
                Meant::Branch(branch) => self.names(branch, name, value, depth),
                Meant::OneOf(branches) => {
                    branches.iter().any(|branch| self.names(*branch, name, value, depth))
                }
                Meant::None(_) => true,
            })
    }

    fn visit_items(&mut self, schema: &SchemaNode, value: Instance<'_>) {
        if schema.prefix.is_empty() && schema.items.is_none() {
            return;
        }
        let Some(array) = value.array() else { return };
        for (index, item) in array.iter().enumerate() {
            if self.is_over() {
                return;
            }
            let Some(part) = schema.prefix.get(index).copied().or(schema.items) else { return };
            if self.tree.node(part).is_never {
                return;
            }
            self.path.push(PathSegment::Index(index));
            self.visit(part, item);
            self.path.pop();
        }
    }

    fn visit_union(&mut self, union: &Union, value: Instance<'_>) {
        match self.meant(union, value) {
            Meant::Branch(branch) => self.visit(branch, value),
            Meant::OneOf(branches) => {
                if !branches.iter().any(|branch| self.is_of(*branch, value)) {
                    let issue = self.issue(NO_SHAPE.to_owned());
                    self.add(issue);
                }
            }
            Meant::None(issue) => self.add(issue),
        }
    }

    /// Returns whether a value is of a branch, which nothing else tells but a walk along both.
    fn is_of(&mut self, branch: NodeId, value: Instance<'_>) -> bool {
        let key = value.identity().map(|identity| (branch, identity));
        if let Some(known) = key.as_ref().and_then(|key| self.tried.get(key)) {
            return *known;
        }
        let issues = std::mem::take(&mut self.issues);
        let bounds = std::mem::take(&mut self.bounds);
        self.visit(branch, value);
        let is_of = self.issues.is_empty();
        self.issues = issues;
        self.bounds = bounds;
        if let Some(key) = key {
            self.tried.insert(key, is_of);
        }
        is_of
    }

    /// The branch that a value was meant for, by its type, its tag or its members.
    pub(super) fn meant(&self, union: &Union, value: Instance<'_>) -> Meant {
        let of = value.types();
        if let [only] = union.branches.as_slice() {
            return Meant::Branch(*only);
        }
        let fitting: Vec<_> = union
            .branches
            .iter()
            .copied()
            .filter(|branch| self.tree.node(*branch).types.has(of))
            .collect();
        if fitting.is_empty() {
            return Meant::None(self.of_another_type(union, value));
        }
        if of == Types::OBJECT
            && let Some(meant) = self.by_members(union, &fitting, value)
        {
            return meant;
        }
        if let [only] = fitting.as_slice() {
            return Meant::Branch(*only);
        }
        // Texts that stand for variants, with none of another kind among them.
        let constants: Option<Vec<_>> =
            fitting.iter().map(|branch| self.tree.constants(*branch)).collect();
        if let Some(constants) = constants {
            let of_value = fitting.iter().zip(&constants);
            let mut of_value =
                of_value.filter(|(_, constants)| constants.iter().any(|one| is_equal(value, one)));
            if let Some((branch, _)) = of_value.next() {
                return Meant::Branch(*branch);
            }
            let constants: Vec<_> = constants.into_iter().flatten().collect();
            return Meant::None(self.issue(options(constants.into_iter())));
        }
        let is_alike = |branch: &NodeId| self.is_alike(*branch, value, 2);
        let alike: Vec<_> = fitting.into_iter().filter(is_alike).collect();
        match alike.as_slice() {
            [] => Meant::None(self.issue(NO_SHAPE.to_owned())),
            [branch] => Meant::Branch(*branch),
            _ => Meant::OneOf(alike),
        }
    }

    /// The branch of an object, by its tag or by the one member that it has.
    fn by_members(&self, union: &Union, fitting: &[NodeId], value: Instance<'_>) -> Option<Meant> {
        let object = value.object()?;
        if let Some(tag) = &union.tag {
            let given = object.get(&tag.name);
            let known = given
                .as_ref()
                .and_then(|given| tag.options.iter().find(|(option, _)| is_equal(*given, option)));
            if let Some((_, branch)) = known {
                return Some(Meant::Branch(*branch));
            }
            // Objects of no tag may be of other branches.
            let has_others = fitting.iter().any(|branch| {
                tag.other != Some(*branch) && !tag.options.iter().any(|(_, of)| of == branch)
            });
            let is_text = given.is_some_and(|given| given.types() == Types::STRING);
            return match tag.other {
                Some(other) if is_text => Some(Meant::Branch(other)),
                _ if has_others => None,
                _ => {
                    let mut issue =
                        self.issue(options(tag.options.iter().map(|(option, _)| option)));
                    issue.path.push(PathSegment::Key(tag.name.clone()));
                    Some(Meant::None(issue))
                }
            };
        }
        if union.names.is_empty() || union.names.len() < fitting.len() {
            return None;
        }
        let is_given = |name: &str| object.get(name).is_some();
        let mut given = union.names.iter().filter(|(name, _)| is_given(name));
        Some(match (given.next(), given.next()) {
            (Some((_, branch)), None) => Meant::Branch(*branch),
            _ => {
                let names: Vec<_> =
                    union.names.iter().map(|(name, _)| format!("{name:?}")).collect();
                let names = names.join(", ");
                Meant::None(self.issue(format!("Invalid input: expected one member of {names}")))
            }
        })
    }

    fn of_another_type(&self, union: &Union, value: Instance<'_>) -> Issue {
        if self.undefined && self.path.is_empty() {
            return self.issue(REQUIRED.to_owned());
        }
        let branches = union.branches.iter().map(|branch| self.tree.node(*branch).types);
        let types = branches.fold(Types::NONE, |all, types| all | types).without(Types::NULL);
        let received = value.kind().map_or_else(|| value.type_name(), |it| it.name());
        self.issue(format!("Invalid input: expected {}, received {received}", types.names()))
    }

    /// Returns whether a value has the form of a branch: the required members are present, each
    /// of its JSON type.
    fn is_alike(&self, branch: NodeId, value: Instance<'_>, depth: usize) -> bool {
        let schema = self.tree.node(branch);
        if !schema.types.has(value.types()) {
            return false;
        }
        if let Some(constants) = &schema.constants
            && !constants.iter().any(|constant| is_equal(value, constant))
        {
            return false;
        }
        let Some(depth) = depth.checked_sub(1) else { return true };
        if let Some(array) = value.array()
            && !schema.prefix.is_empty()
        {
            let items = array.iter().zip(&schema.prefix);
            let mut items = items.map(|(item, part)| self.is_alike(*part, item, depth));
            return items.all(|is_alike| is_alike);
        }
        let members = value.object();
        let has_members = members.is_none_or(|object| {
            let mut known = 0;
            let has_all =
                schema.properties.iter().all(|property| match object.get(&property.name) {
                    Some(member) => {
                        known += 1;
                        self.is_alike(property.node, member, depth)
                    }
                    None => !property.is_required,
                });
            let is_closed = matches!(schema.others, Others::Nothing) && schema.patterns.is_empty();
            has_all && (!is_closed || object.len() == known)
        });
        has_members && schema.all.iter().all(|part| self.is_alike(*part, value, depth + 1))
    }
}

#[cfg(test)]
mod tests;
