"""What a file is and what text it holds. `python -m ai_analyze.extraction` reads one, in a process of its own.

That process reads files of strangers, so it imports nothing that it does not need for that: nothing from outside this
package but the layer's plain modules.
"""
