// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// The names of the format, type by type: what the text of an image calls each record, component
/// and constant.
///
/// A line that is not indented begins with a Java type, without its package, and the type's name in
/// the format; components or constants follow, also on indented lines. A word is a name in Java and
/// in the format alike; `spec=definition` is `spec` in Java and `definition` in the format. Of a
/// type that is one of several (a sealed interface's), the part of its name behind the dot stands
/// in the text.
///
/// A component with others in parentheses is flat: a record that groups components in Java only. In
/// the text they stand among those of the record around it, and are named as that one's. So
/// components can be grouped, and groups be taken apart, without a change of the format.
///
/// After a rename in Java, only what stands left of `=` changes. `FormatNamesTest` says what is
/// missing, and whether a name of the format changed: then the format has another number.
final class FormatTable {
    private FormatTable() {}

    static final String TEXT =
            """
            ReexecSnapshot reexec
              manager programs clients conversations=requests nextTicket openFiles=openFilesLimit
              leftAt=handedOverAt configFiles
            FileStamp file-stamp path inode size changedNanos=changedAtNanos
            ManagerSnapshot manager
              instance(release boot=bootId pid)
              history(startedMillis=startedAtMillis reexecs recoveries)
              configuration(
                control=controlSocket madeDirectory=ownsSocketDirectory settings log)
              descriptors(http=httpSocket sockets kept=descriptors)
              pending(stopping trial=pendingConfirmation reload=pendingReload)
              programs=programFiles
            ProgramSnapshot managed-program
              program retiring=removed workers=processes workerSockets counters
              kept=descriptors
            WorkerSnapshot process
              id=worker
              process(pid bornTicks=startTicks pidfd uid bornMillis=startedAtMillis adopted)
              ackSocket
              log(path=logPath offset=logOffset file=logFile)
              statusText kept=descriptors
            WorkerSocketsSnapshot worker-sockets
              user name owner acks=ackSocket notifications=notifySocket clients
            WorkerClientSnapshot worker-socket-client fd pid uid partialLine
            ControlConnectionSnapshot client
              fd follows=subscription followed=subscribedPrograms partialLine
              unsentReplies waits=awaitedConditions followsFacts
            ConditionWaitSnapshot awaited-condition request condition programs
            ProgramCondition program-condition
              READY=ready STOPPED=stopped DONE=done ROLLED=rolled
            PendingCommandSnapshot request
              client id waits=wantsOutcome open=openAnswers failed outcomes tickets about=subject
            PendingCommandSnapshot.About request-subject PROGRAMS=programs END=shutdown REPLACEMENT=reexec
            SocketSnapshot bound-socket
              owner spec=definition bound(fd address inode) file=fileInode own=slotNumber
              disordered=orderUnknown foreign
            KeptDescriptor descriptor name fd inode
            PendingConfirmationSnapshot pending-confirmation
              before=previous settings=previousSettings time=timeout until=deadline
            ReloadSnapshot pending-reload state=progress tasks asked=awaitedAnswers
            ReloadSnapshot.Task reload-task
              program command definition removed debut=added ticket what=takesOver
            ReloadSnapshot.Asked awaited-answer ticket program hold=heldRollout
            SocketHandoverOrder handovers parts=programs
            SocketHandoverOrder.Part handover after circle=cycle state
            SocketHandoverOrder.State handover-state
              WAITING=waiting HELD=starting READY=ready TOLD=changing DONE=done FAILED=failed
            AppendFiles.Extent file-identity device inode size
            Credentials credentials uid gid groups
            JsonId request-id json=text dialect=syntax
            Dialect syntax JSON=json YAML=yaml
            Program program
              name phase
              versions(serving next=nextGeneration verdict fallback setback renewal)
              pool(count=workerCount slots deaths=recentDeaths nextIncarnation)
              rollout waits=pendingCommands tasks asOf=lastStepAt
            TaskState tasks stage ranFor dueMillis=dueAtMillis queued
            Renewal renewal pending at=completedAt followed=followedUntil
            TaskStage task-stage stage version next=index asked=ordered
            RolloutTasksSpec.Stage task-time BEFORE=before AFTER=after
            ProgramPhase.Running phase.running up=wasReady
            ProgramPhase.Waiting phase.waiting on=dependencies by=blockedBy
            ProgramPhase.Blocker blocking-dependency program stopped byHand=startedByHand job
            ProgramPhase.Stopped phase.stopped
            ProgramPhase.Failed phase.failed why=reason
            ProgramVersion version generation spec=definition origin
            VersionOrigin origin made by atMillis=at rollback
            VersionOrigin.Made made
              UNKNOWN=unknown START=start RELOAD=reload UPGRADE=upgrade ROLLBACK=rollback
              RECOVERY=recovery DEPENDENCY=dependency
            OperatorOverride.Rollback rollback generation by atMillis=at
            ProgramHistory history program next generations
            GenerationRecord past-generation
              number version release origin changed=changedKeys fate files
            GenerationFate fate
              verdict why beganMillis=began tookMillis=took sinceMillis=since endedMillis=ended
            GenerationFate.Verdict generation-verdict
              ROLLING=rolling ROLLED=rolled FAILED=failed ROLLED_BACK=rolled-back ABORTED=aborted
              OVERTAKEN=overtaken
            FileIdentity recorded-file path inode size modifiedMillis=modified
            Slot slot
              index held moved=onTarget
              occupants(current successor leaving=stopping)
              refill=refillAt finished=finishedReason past=history
            Slot.Past slot-history
              failures(
                quickDeaths burst=recentKills trouble=lastFailure blame=failedWorker relapses
                crashes)
              restarts last=lastEnd ended=endedReason losses
            CrashHistory crashes since recent longest=longestLife loop count
            PreviousExit worker-end worker startedAt endedAt exit why=reason
            WorkerLosses losses all own=ownFailures
            WorkerExit exit code=status signal core=coreDumped left=leftProcesses oom=outOfMemory
              shared=ofProgramMemory
            WorkerId worker-id slot incarnation
            Moment moment nanos
            Worker worker id version startedAt state health
            WorkerState.Starting worker-state.starting
              deadline nextProbe=nextProbeAt unheard=ackMayBeLost delayed=execDelayed
              answer=lastProbeFailure
            WorkerState.Settling worker-state.settling until
            WorkerState.Ready worker-state.ready since
            WorkerState.Stopping worker-state.stopping
              cause rest=remainingSteps deadline draining sent=lastSignal leader=mainProcessExit
              latest=latestDeadline
            StopCause stop-cause
              RETIRED=retired SCALED=scaled STOPPED=stopped RESTARTED=restarted
              FAILED_START=failed-start WITHDRAWN=withdrawn HUNG=hung OVERDUE=overdue
              REPLACED=replaced
              LEFT_BEHIND=left-behind
            WorkerHealth worker-health
              check
              watchdog(pinged=lastPingAt interval=watchdogInterval)
              memory(nextCheck=nextMemoryCheckAt bytes=memoryBytes)
              replacement(tries=failedReplacements retry=retryAt recalled=rolledBack)
              suspended=suspendedBy
            PeriodicCheck health-check due=dueAt asked=awaitingAnswer misses=failures
              answer=lastFailure heard=answerSoFar
            Rollout rollout
              plan(target strategy scope=slots workers=newWorkerCount)
              began=startedAt draining
              gates(canary held proved=probationPassed)
              failedStarts(failures=failedStarts retryAt lastFailure blame=failedWorker)
              old=oldWorkers
            CanaryState.Coming canary.starting unhealthyBefore
            CanaryState.Watched canary.watched unhealthyBefore until
            CanaryState.Passed canary.passed
            OldWorkerCounts old-workers before=total up=anyReady replaced killed
            PendingRequest pending-command ticket verb began=startedAt scope=slots until=waitsFor
            PendingRequest.Until awaited-state
              UP=ready GONE=stopped SCALED=scaled ROLLED=rolled-out READY=held-rollout-ready
              RESTORED=rolled-back BACK=aborted ENDED=ended
            FallbackVersion fallback version since taken=unavailableReason
            VersionFailure setback
              generation failed=failedDefinition rolled=afterRollout
              cause(at=failedAt why=reason blame=failedWorker)
              oldWorkers(before=oldWorkers kept=oldWorkersKept replaced=oldWorkersReplaced)
              rollback(back=restoredGeneration stage taken=unavailableReason)
            VersionFailure.Stage setback-stage
              RETURNING=rolling-back BACK=rolled-back IN_VAIN=failed OVERTAKEN=superseded
              SAME=same-definition TAKEN=unavailable
            ProgramCommand.Start command.start scope=slots toItsEnd=untilEnded
            ProgramCommand.Stop command.stop scope=slots first=firstSignal
            ProgramCommand.Restart command.restart scope=slots
            ProgramCommand.SkipWait command.hasten
            ProgramCommand.Upgrade command.upgrade scope=slots strategy spec=definition
            ProgramCommand.Promote command.promote
            ProgramCommand.Abort command.abort
            ProgramCommand.Apply command.apply spec=definition roll=always rollback
            ProgramCommand.Reset command.reset spec=definition roll=always
            ProgramCommand.Debut command.debut before=previous
            ProgramCommand.Hold command.hold spec=definition rollback
            ProgramCommand.Release command.release
            ProgramCommand.Keep command.keep why=reason
            ProgramCommand.ScaleBy command.scale-by delta
            ProgramCommand.ScaleTo command.scale-to count
            ProgramCommand.SendSignal command.signal signal workers
            ServicesSpec settings control log stateDirectory http programs groups
            ControlSpec control socket mode allow keeper
            AllowSpec allow admin read
            AllowSpec.Who account name group
            LogSpec manager-log level format syslog
            LogSpec.Level log-level ERROR=error WARN=warn INFO=info DEBUG=debug
            LogSpec.Format log-format TEXT=text JSON=json
            HttpSpec http socket hosts
            SocketSpec socket
              name address reuseAddress nonBlocking backlog ipv6Only file perWorker
            SocketSpec.Tcp address.tcp host port scope=interface
            SocketSpec.Udp address.udp host port scope=interface
            SocketSpec.UnixPath address.unix path place=realPath
            SocketSpec.UnixAbstract address.unix-abstract name
            SocketSpec.UnixFile socket-file mode owner group
            ProgramSpec definition
              name workers
              launch(command directory env dropEnv identity logs managerLink)
              bind(sockets stdin protocols)
              supervision(ack stop restart rollout monitoring start(manual after terms=dependencyTerms) tasks job)
              found(obstacle release)
            StartSpec.Terms dependency-terms when=condition restartWith
            StartSpec.When dependency-condition READY=ready STARTED=started DONE=done
            RolloutTasksSpec rollout-tasks before after rollbacks=rollbackRunsBefore
            TaskSpec task command timeout env
            JobSpec job timeout retries owner schedule
            ScheduleSpec schedule times zone overlap jitter catchUp
            ScheduleSpec.Overlap overlap SKIP=skip WAIT=wait KILL=kill
            Release release link path directory program
            TextTemplate template parts
            TextTemplate.Text part.text text
            TextTemplate.Slot part.slot
            TextTemplate.AddressOf part.address name=socket
            TextTemplate.ReleasePath part.release
            TextTemplate.ReleaseName part.release-name
            ProcessIdentitySpec identity user group umask nice limits confinement
            ProcessIdentitySpec.Resource limited-resource
              CPU=cpu FSIZE=fsize DATA=data STACK=stack CORE=core RSS=rss NPROC=nproc NOFILE=nofile
              MEMLOCK=memlock AS=as LOCKS=locks SIGPENDING=sigpending MSGQUEUE=msgqueue NICE=nice
              RTPRIO=rtprio RTTIME=rttime
            ProcessIdentitySpec.Limit limit soft hard
            ConfinementSpec confinement
              noNewPrivs capabilities scheduling directories credentials sandbox cgroup
            Capability capability
              CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
              LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
              SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
              SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
              MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
              CHECKPOINT_RESTORE
            SchedulingSpec scheduling oomScoreAdj cpus ioClass
            SchedulingSpec.IoClass io-class kind=class level
            SchedulingSpec.IoClass.Kind io-class-name
              REALTIME=realtime BEST_EFFORT=best-effort IDLE=idle
            DirectorySpec directory path mode
            SandboxSpec sandbox
              read=readPaths write=writePaths connect=connectPorts bind=bindPorts scope required
            SandboxSpec.Scope sandbox-scope SIGNALS=signals ABSTRACT_SOCKETS=abstract-sockets
            CgroupSpec cgroup memoryMax memoryHigh cpu=cpuPercent tasks=tasksMax ioWeight
            SocketProtocol protocol
              EINHORN=einhorn LISTEN_FDS=listen-fds SERVER_STARTER=server-starter NGINX=nginx
              UNICORN=unicorn PUMA=puma PHP_FPM=php-fpm FD0=fd0
            AckSpec ack mode timeout
            AckSpec.Manual ack-mode.manual
            AckSpec.Timer ack-mode.timer after
            AckSpec.Notify ack-mode.notify
            AckSpec.Probe ack-mode.probe target every=interval
            AckSpec.Fd ack-mode.fd number=descriptor
            AckSpec.Log ack-mode.log match=pattern
            AckSpec.TcpTarget probe.tcp endpoint
            AckSpec.HttpTarget probe.http endpoint host=hostHeader path
            AckSpec.ExecTarget probe.exec command
            AckSpec.OwnSocket endpoint.own-socket name=socket
            AckSpec.Fixed endpoint.address host port
            StopSpec stop steps to=target
            StopSpec.Step stop-step signal patience=timeout
            StopSpec.To stop-target PROCESS=process GROUP=group
            Signal signal
              HUP INT QUIT TRAP ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN
              TTOU WINCH
            RestartSpec restart when backoff giveUp burst
            RestartSpec.When restart-when ALWAYS=always ON_FAILURE=on-failure NEVER=never
            RestartSpec.Backoff backoff first factor max
            RestartSpec.GiveUp give-up deaths within
            RolloutSpec rollout-policy
              strategy maxSurge maxUnacked settle retries canary proof drain
            RolloutSpec.Strategy strategy SMOOTH=smooth FLEET=fleet REPLACE=replace
            CanarySpec canary-policy workers watch
            TrialSpec proof probation rollbackWithin
            DrainSpec drain counted=countsForSurge timeout
            LogsSpec.Inherit logs.inherit
            LogsSpec.Discard logs.discard
            LogsSpec.Journal logs.journal
            LogsSpec.ToFile logs.file path
            LogsSpec.Kept logs.rotated-file path maxBytes maxAge keep compress prefix
            LogsSpec.Word log-prefix TIME=time SLOT=slot PID=pid
            ManagerLinkSpec manager-link workerSocket descriptor=ackDescriptor outlive=outlivesManager
            ManagerLinkSpec.WorkerSocket ack-socket OWN=own CONTROL=control
            MonitoringSpec monitoring health watchdog maxAge memoryMax together=programCgroup
            HealthSpec health target every=interval timeout failures
            """;
}
