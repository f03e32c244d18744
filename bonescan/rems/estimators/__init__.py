"""The estimators of bone density: one file each, all of one shape.

An estimator turns an exam into a few numbers (its vector) and those, by a linear
map learnt from people, into bone density. So all are explained by the same plot,
their uncertainty follows the same way, and a model stores the same for each.
"""
