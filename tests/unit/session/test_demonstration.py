from __future__ import annotations

import workbench as wb


async def test_a_second_demo_starts_as_the_first_did():
    for _ in range(2):
        async with await wb.demo(history_s=5, live=False) as cluster:
            assert len(await cluster.topics("onex.dev.*"))


def test_the_folder_of_the_traffic_is_still_a_module():
    from workbench.demo import Traffic

    assert Traffic.__module__.startswith("workbench.demo")
    assert callable(wb.demo)
