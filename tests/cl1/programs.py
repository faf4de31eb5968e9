"""Programs for a CL1, written from the documentation of its calls alone.

Each takes the module, `spikinggrid.cl1` or `cl`, and a folder for recordings, and returns what any
system behind these calls has to return: types, counts and times, never what neurons happen to do.
"""

import numpy as np


def kinds(*values):
    """Return the names of the types of some values."""
    return [type(value).__name__ for value in values]


def hello(cl, folder):
    with cl.open() as neurons:
        return [
            neurons.get_channel_count(),
            neurons.get_frames_per_second(),
            neurons.get_frame_duration_us(),
            *kinds(neurons.timestamp()),
        ]


def system(cl, folder):
    return [cl.is_simulator(), sorted(cl.get_system_attributes())]


def channel_sets(cl, folder):
    some, others = cl.ChannelSet(8, 9, 10), cl.ChannelSet(10, 11)
    combined = [some & others, some | others, some ^ others, ~some]
    return [list(channels) for channels in combined] + [9 in some, 11 in some, repr(some)]


def wrong_channels(cl, folder):
    return [refused(lambda: cl.ChannelSet(64)), refused(lambda: cl.ChannelSet(-1))]


def designs(cl, folder):
    return [
        repr(cl.StimDesign(160, -1.5, 160, 1.5)),
        repr(cl.StimDesign(40, -1.5)),
        repr(cl.StimDesign(160, -1.5, 320, 1.5, 160, -1.5)),
        repr(cl.BurstDesign(10, 40)),
    ]


def wrong_designs(cl, folder):
    return [
        refused(lambda: cl.StimDesign(150, -1.0, 150, 1.0)),
        refused(lambda: cl.StimDesign(160, -3.5, 160, 3.5)),
        refused(lambda: cl.StimDesign(1200, -3.0, 1200, 3.0)),
        refused(lambda: cl.StimDesign(160, -1.0, 160, -1.0)),
        refused(lambda: cl.StimDesign(160)),
        refused(lambda: cl.BurstDesign(10, 201)),
    ]


def wrong_stims(cl, folder):
    with cl.open() as neurons:
        return [
            refused(lambda: neurons.stim(64, 1.0)),
            refused(lambda: neurons.stim(8, 4.0)),
            refused(lambda: neurons.stim(8, 1.0, None, 40)),
            refused(lambda: neurons.stim(8, 1.0, None, 90)),
            refused(lambda: neurons.loop(0)),
        ]


def ticks(cl, folder):
    with cl.open() as neurons:
        return [
            [
                tick.iteration,
                tick.analysis.stop_timestamp - tick.analysis.start_timestamp,
                tick.iteration_timestamp - tick.analysis.stop_timestamp,
                tick.iteration_next_timestamp - tick.iteration_timestamp,
            ]
            for tick in neurons.loop(ticks_per_second=240, stop_after_ticks=3)
        ]


def seconds(cl, folder):
    with cl.open() as neurons:
        loop = neurons.loop(ticks_per_second=100, stop_after_seconds=0.5)
        return [sum(1 for _ in loop)]


def stopped(cl, folder):
    with cl.open() as neurons:
        for tick in neurons.loop(ticks_per_second=100):
            if tick.iteration == 7:
                tick.loop.stop()
        return [tick.iteration]


def frames(cl, folder):
    with cl.open() as neurons:
        for tick in neurons.loop(ticks_per_second=1000, stop_after_ticks=2):
            seen = tick.frames
        return [seen.shape, str(seen.dtype)]


def reading(cl, folder):
    with cl.open() as neurons:
        now = neurons.read(250)
        before = neurons.timestamp() - 100
        again = neurons.read(50, before)
        return [
            now.shape,
            str(now.dtype),
            again.shape,
            bool((again == neurons.read(50, before)).all()),
        ]


def spikes(cl, folder):
    with cl.open() as neurons:
        inside, last = [], None
        for tick in neurons.loop(ticks_per_second=10, stop_after_seconds=3):
            start, stop = tick.analysis.start_timestamp, tick.analysis.stop_timestamp
            for last in tick.analysis.spikes:
                inside.append(start <= last.timestamp < stop)
        return [all(inside), len(inside) > 0, *kinds(last.timestamp, last.channel)]


def snippets(cl, folder):
    with cl.open() as neurons:
        for tick in neurons.loop(10, stop_after_seconds=5, jitter_tolerance_frames=100):
            if tick.analysis.spikes:
                spike = tick.analysis.spikes[0]
                return [
                    spike.samples.shape,
                    str(spike.samples.dtype),
                    *kinds(spike.channel_mean_sample),
                ]
        return ["no spike"]


def given(cl, neurons, begin):
    """Return times and channels of the pulses of 0.2 s, in whose first turn something begins."""
    stims = []
    for tick in neurons.loop(ticks_per_second=100, stop_after_ticks=20):
        if tick.iteration == 0:
            now = neurons.timestamp()
            begin()
        stims += [[stim.timestamp - now, stim.channel] for stim in tick.analysis.stims]
    return stims


def single_stims(cl, folder):
    with cl.open() as neurons:
        return [
            given(cl, neurons, lambda: neurons.stim(27, 1.0)),
            given(cl, neurons, lambda: neurons.stim(cl.ChannelSet(0, 8), 1.0)),
            given(cl, neurons, lambda: neurons.stim(27, 1.0, None, 1000)),
        ]


def queued_stims(cl, folder):
    def twice(neurons):
        neurons.stim(27, 1.0)
        neurons.stim(27, cl.StimDesign(200, -0.5, 200, 0.5))

    with cl.open() as neurons:
        return [given(cl, neurons, lambda: twice(neurons))]


def bursts(cl, folder):
    def burst_and_one(neurons):
        neurons.stim(27, cl.StimDesign(160, -1.0, 160, 1.0), cl.BurstDesign(2, 100))
        neurons.stim(27, 1.0)

    with cl.open() as neurons:
        return [given(cl, neurons, lambda: burst_and_one(neurons))]


def interrupted(cl, folder):
    def begin_and_stop(neurons):
        neurons.stim(27, 1.0, cl.BurstDesign(5, 100))
        neurons.interrupt(27)
        neurons.stim(28, 1.0, cl.BurstDesign(5, 100))
        neurons.interrupt_then_stim(28, 1.0)

    with cl.open() as neurons:
        return [given(cl, neurons, lambda: begin_and_stop(neurons))]


def synchronised(cl, folder):
    def one_after_the_other(neurons):
        neurons.stim(27, 1.0, cl.BurstDesign(2, 100))
        neurons.sync(cl.ChannelSet(27, 28))
        neurons.stim(28, 1.0)

    with cl.open() as neurons:
        return [given(cl, neurons, lambda: one_after_the_other(neurons))]


def planned(cl, folder):
    with cl.open() as neurons:
        plan = neurons.create_stim_plan()
        plan.stim(cl.ChannelSet(27, 28), 1.0)
        plan.sync(cl.ChannelSet(27, 28))
        plan.stim(28, cl.StimDesign(160, -1.0, 160, 1.0), cl.BurstDesign(2, 50))
        at_once = given(cl, neurons, plan.run)
        later = given(cl, neurons, lambda: plan.run(at_timestamp=neurons.timestamp() + 1000))
        return [at_once, later, refused(lambda: plan.stim(9, 1.0))]


def late(cl, folder):
    def run(neurons, **options):
        return [
            neurons.read(60).shape[0] for _ in neurons.loop(1000, stop_after_ticks=3, **options)
        ]

    with cl.open() as neurons:
        return [
            refused(lambda: run(neurons)),
            refused(lambda: run(neurons, jitter_tolerance_frames=10)),
            run(neurons, jitter_tolerance_frames=1000),
        ]


def recorded(cl, folder):
    with cl.open() as neurons:
        recording = neurons.record(
            file_location=folder, stop_after_seconds=1, attributes={"dish": "seven"}
        )
        neurons.stim(27, 1.0)
        recording.set_attribute("score", 3)
        recording.wait_until_stopped()
        stopped = recording.has_stopped()
    view = recording.open()
    answer = [
        stopped,
        view.samples.shape,
        [
            view.attributes[name]
            for name in ("duration_frames", "frames_per_second", "channel_count")
        ],
        view.attributes["application"],
        len(view.spikes) > 0,
        [[int(stim["timestamp"]), int(stim["channel"])] for stim in view.stims],
        view.spikes[0]["samples"].shape,
    ]
    view.close()
    return answer


def streamed(cl, folder):
    with cl.open() as neurons:
        stream = neurons.create_data_stream("game", {"score": 0})
        recording = neurons.record(
            file_location=folder, stop_after_frames=5000, include_raw_samples=False
        )
        now = neurons.timestamp()
        stream.append(now + 5, {"x": 0.5, "hit": True})
        stream.append(now + 9, np.arange(3))
        stream.update_attributes({"score": 2})
        older = refused(lambda: stream.append(now, 1))
        recording.wait_until_stopped()
    view = recording.open()
    game = view.data_streams.game
    entries = [[key, np.asarray(data).tolist()] for key, data in game.items()]
    answer = [older, entries, game.attributes["application"]]
    view.close()
    return answer


def refused(work):
    """Return the kind of error that some work ends with: the first that Python itself has."""
    try:
        work()
    except Exception as error:
        own = (kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        return next(own).__name__
    return "nothing"


PROGRAMS = [
    hello, system, channel_sets, wrong_channels, designs, wrong_designs, wrong_stims, ticks,
    seconds, stopped, frames, reading, spikes, snippets, single_stims, queued_stims, bursts,
    interrupted, synchronised, planned, late, recorded, streamed,
]  # fmt: skip
