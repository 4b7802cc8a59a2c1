// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// Names of format 1, of the builds before 0.1.0, for those of format 2: the names of Java's types,
/// components and constants of then. It never changes.
///
/// A line begins with a type's name in format 2; `health=care` is `health` in format 2 and `care`
/// in format 1; a word without a name before `=` is what format 1 had under `is`. A name that is
/// not here was the same.
final class Format1Names {
    private Format1Names() {}

    static final String TEXT =
            """
            ack-mode.fd =Fd descriptor=number
            ack-mode.log =Log pattern=match
            ack-mode.manual =Manual
            ack-mode.notify =Notify
            ack-mode.probe =Probe interval=every
            ack-mode.timer =Timer
            ack-socket own=OWN control=CONTROL
            address.tcp =Tcp interface=scope
            address.udp =Udp interface=scope
            address.unix =UnixPath realPath=place
            address.unix-abstract =UnixAbstract
            awaited-answer heldRollout=hold
            awaited-state ready=UP stopped=GONE scaled=SCALED rolled-out=ROLLED
              held-rollout-ready=READY rolled-back=RESTORED aborted=BACK ended=ENDED
            bound-socket definition=spec fileInode=file slotNumber=own orderUnknown=disordered
            canary.passed =Passed
            canary.starting =Coming unhealthyBefore=ill
            canary.watched =Watched unhealthyBefore=ill
            cgroup cpuPercent=cpu tasksMax=tasks
            client subscription=follows subscribedPrograms=followed partialLine=begun
              unsentReplies=untaken
            command.abort =Abort
            command.apply =Apply definition=spec always=roll
            command.debut =Debut previous=before
            command.hasten =Hasten
            command.hold =Hold definition=spec
            command.keep =Keep reason=why
            command.promote =Promote
            command.release =Release
            command.reset =Reset definition=spec always=roll
            command.restart =Restart slots=scope
            command.scale-by =ScaleBy
            command.scale-to =ScaleTo
            command.signal =SendSignal
            command.start =Start slots=scope untilEnded=toItsEnd
            command.stop =Stop slots=scope firstSignal=first
            command.upgrade =Upgrade slots=scope
            crashes longestLife=longest
            definition managerLink=bond monitoring=care
            drain countsForSurge=counted
            endpoint.address =Fixed
            endpoint.own-socket =OwnSocket socket=name
            exit status=code coreDumped=core leftProcesses=left outOfMemory=oom
              ofProgramMemory=shared
            fallback unavailableReason=taken
            handover cycle=circle
            handover-state waiting=WAITING starting=HELD ready=READY changing=TOLD done=DONE
              failed=FAILED
            handovers programs=parts
            health interval=every
            health-check dueAt=due awaitingAnswer=asked failures=misses
            io-class class=kind
            io-class-name realtime=REALTIME best-effort=BEST_EFFORT idle=IDLE
            limited-resource cpu=CPU fsize=FSIZE data=DATA stack=STACK core=CORE rss=RSS
              nproc=NPROC nofile=NOFILE memlock=MEMLOCK as=AS locks=LOCKS sigpending=SIGPENDING
              msgqueue=MSGQUEUE nice=NICE rtprio=RTPRIO rttime=RTTIME
            log-format text=TEXT json=JSON
            log-level error=ERROR warn=WARN info=INFO debug=DEBUG
            log-prefix time=TIME slot=SLOT pid=PID
            logs.discard =Discard
            logs.file =ToFile
            logs.inherit =Inherit
            logs.journal =Journal
            logs.rotated-file =Kept
            losses ownFailures=own
            managed-program removed=retiring processes=workers workerSockets=doors
              counters=tally descriptors=kept
            manager bootId=boot controlSocket=control startedAtMillis=startedMillis
              httpSocket=http ownsSocketDirectory=madeDirectory programFiles=programs
              descriptors=kept pendingConfirmation=trial pendingReload=reload
            manager-link ackDescriptor=descriptor outlivesManager=outlive
            monitoring programCgroup=together
            old-workers total=before anyReady=up
            part.address =AddressOf socket=name
            part.slot =Slot
            part.text =Text
            pending-command startedAt=began slots=scope waitsFor=until
            pending-confirmation previous=before previousSettings=settings timeout=time
              deadline=until
            pending-reload progress=state awaitedAnswers=asked
            phase.failed =Failed reason=why
            phase.running =Running wasReady=up
            phase.stopped =Stopped
            phase.waiting =Waiting dependencies=on blockedBy=by
            probe.exec =ExecTarget
            probe.http =HttpTarget hostHeader=host
            probe.tcp =TcpTarget
            process worker=id ackSocket=line startedAtMillis=bornMillis logPath=log
              statusText=words descriptors=kept
            program workerCount=count pendingCommands=waits recentDeaths=deaths lastStepAt=asOf
            protocol einhorn=EINHORN listen-fds=LISTEN_FDS server-starter=SERVER_STARTER
              nginx=NGINX unicorn=UNICORN puma=PUMA php-fpm=PHP_FPM fd0=FD0
            reexec requests=conversations openFilesLimit=openFiles handedOverAt=leftAt
            reload-task added=debut takesOver=what
            request wantsOutcome=waits openAnswers=open subject=about
            request-id text=json syntax=dialect
            request-subject programs=PROGRAMS shutdown=END reexec=REPLACEMENT
            restart-when always=ALWAYS on-failure=ON_FAILURE never=NEVER
            rollout slots=scope failedStarts=failures startedAt=began failedWorker=blame
              newWorkerCount=workers probationPassed=proved oldWorkers=old
            sandbox readPaths=read writePaths=write connectPorts=connect bindPorts=bind
            setback restoredGeneration=back afterRollout=rolled failedAt=at reason=why
              failedWorker=blame oldWorkers=before oldWorkersKept=kept
              oldWorkersReplaced=replaced unavailableReason=taken
            setback-stage rolling-back=RETURNING rolled-back=BACK failed=IN_VAIN
              superseded=OVERTAKEN same-definition=SAME unavailable=TAKEN
            slot onTarget=moved stopping=leaving refillAt=refill finishedReason=finished
              history=past
            slot-history recentKills=burst lastFailure=trouble failedWorker=blame lastEnd=last
              endedReason=ended
            stop target=to
            stop-cause retired=RETIRED scaled=SCALED stopped=STOPPED restarted=RESTARTED
              failed-start=FAILED_START withdrawn=WITHDRAWN hung=HUNG replaced=REPLACED
              left-behind=LEFT_BEHIND
            stop-step timeout=patience
            stop-target process=PROCESS group=GROUP
            strategy smooth=SMOOTH fleet=FLEET replace=REPLACE
            syntax json=JSON yaml=YAML
            version definition=spec
            worker startedAt=born health=care
            worker-end startedAt=born endedAt=at reason=why
            worker-health check=checkup lastPingAt=pinged watchdogInterval=interval
              nextMemoryCheckAt=weighing memoryBytes=weight failedReplacements=tries
              retryAt=retry rolledBack=recalled suspendedBy=suspended
            worker-socket-client partialLine=begun
            worker-sockets ackSocket=acks notifySocket=notifications clients=guests
            worker-state.ready =Ready
            worker-state.settling =Settling
            worker-state.starting =Starting nextProbeAt=nextProbe ackMayBeLost=unheard
              execDelayed=delayed
            worker-state.stopping =Stopping remainingSteps=rest lastSignal=sent
              mainProcessExit=leader latestDeadline=latest
            """;
}
