"""The engine: QtCore only; it owns every thread and every live object. The thread law:

1. Threads are QThreads: feed (one per socket), poll (REST), engine, and the GUI. Every live object has one owner.
2. Only frozen messages cross. An array inside a message belongs to the receiver. One exception, by design: the density grid is written
   by the engine alone, column by column, and the window holds a read-only view of it; it reads only columns a frame has named as
   published, and a published column does not change.
3. Across threads, signals connect only to methods of QObjects marked @Slot: a lambda, a partial, a free function or a plain object's
   method would run in the sender's thread.
4. Feed to engine is a bounded inbox drained on a beat. It drops only what the next message replaces (book updates), and counts it.
   Trades and forced orders are never dropped.
5. Engine to window is latest-wins: a new frame goes out only after the window took the last one; what is new merges until then.
6. Nothing that holds the GIL for long runs beside the window: pages of at most 1,500 rows per parse, kernels release the GIL.
7. Stop order: feeds, poll, engine, window; each joined with a deadline, and one that will not end is logged by name.
"""
