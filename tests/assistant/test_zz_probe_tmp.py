import asyncio, os, io
from tests.assistant.conftest import *
from tests.assistant.stepping import Steps, stepping
from tests.assistant.whole_turn import WholeTurns, assistant_of

def chain(coro):
    out=[]
    while coro is not None:
        fr = getattr(coro,'cr_frame',None) or getattr(coro,'gi_frame',None) or getattr(coro,'ag_frame',None)
        if fr is not None: out.append(f"{fr.f_code.co_filename[-40:]}:{fr.f_lineno}:{fr.f_code.co_name}")
        else: out.append(repr(coro)[:80])
        coro = getattr(coro,'cr_await',None) or getattr(coro,'gi_yieldfrom',None) or getattr(coro,'ag_await',None)
    return out

async def test_probe(service, ada, model):
    turns = await WholeTurns(service, ada, model).begin()
    first=int(os.environ["FIRST"]); n=int(os.environ["N"])
    f=open("/tmp/rz/probe.out","a")
    for number in range(first, first+n):
        if number%5==0: await turns.begin()
        request_id = await turns.prepare()
        assistant = assistant_of(service).assistant
        info=[]
        def cancel():
            (turn,) = assistant.live
            w=turn._work
            import inspect
            fr=inspect.currentframe()
            while 'work' not in fr.f_locals: fr=fr.f_back
            info.append("INNER "+" <- ".join(chain(fr.f_locals['work'])))
            t=w; lvl=[]
            while t is not None:
                lvl.append(type(t).__name__+":"+(" <- ".join(chain(t.get_coro().cr_frame.f_locals['work'])) if hasattr(t,'get_coro') and t.get_coro().cr_frame and 'work' in t.get_coro().cr_frame.f_locals else repr(t)[:300]))
                nx=getattr(t,'_fut_waiter',None)
                if nx is None and hasattr(t,'_children'): nx=t._children[0]
                t=nx
            info += ["   L "+l for l in lvl]
            info.append("CUR "+" <- ".join(chain(asyncio.current_task().get_coro())))
            info.append("WORK "+" <- ".join(chain(w.get_coro())))
            info.append(f"WAITER {w._fut_waiter!r} done={w.done()}")
            turn.cancel("test")
        with stepping(Steps(request_id, number, cancel)) as steps:
            heard = await ada.ask("Swap them", request_id=request_id, thread_id=turns.thread_id)
        print(number, steps.taken, heard.end["status"], heard.end.get("error"), file=f)
        if heard.end["status"]!="cancelled":
            for i in info: print("   ", i, file=f)
        f.flush()
        try: await turns.check(heard)
        except AssertionError as e: 
            import traceback; print("  CHECK", e, traceback.extract_tb(e.__traceback__)[-1], file=f)
        await turns.next_message_succeeds()
