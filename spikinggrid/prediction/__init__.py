"""Prediction: what needs both a fit and a task.

advise          which parameters a culture should have to do better
advice_page     an advice on one page, in Markdown
gains           what changes bring that a laboratory can make
gains_page      the same in Markdown
laboratory      these changes
predict         what a recorded dish would reach in a digit task
"""
