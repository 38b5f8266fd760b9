namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>
/// Threads that write and sync partitions with something new. Several at once, because a file system's journal commits concurrent syncs together:
/// four in parallel take hardly longer than one. A partition is in work on one thread at a time, and what arrives meanwhile is its next group.
/// </summary>
internal sealed class CommitPool : IDisposable
{
    private const int Threads = 8;

    /// <summary>Above this, connections stop reading until the disk has caught up.</summary>
    private const long HighWaterBytes = 32 * 1024 * 1024;

    private static readonly TimeSpan LingerTime = TimeSpan.FromMilliseconds(1);

    // A monitor, because a thread that waits for one sleeps at once; the collections that block spin first, on cores that others need.
    private readonly object _gate = new();
    private readonly Queue<PartitionLog> _due = [];
    private readonly Lock _lock = new();
    private readonly Thread[] _threads;
    private TaskCompletionSource? _room;
    private long _pendingBytes;
    private bool _ended;

    public CommitPool()
    {
        _threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(Run) { IsBackground = true, Name = $"commit-{index}" })];
        foreach (var thread in _threads) thread.Start();
    }

    public bool IsFull => Volatile.Read(ref _pendingBytes) > HighWaterBytes;

    public void Schedule(PartitionLog log)
    {
        lock (_gate)
        {
            if (_ended) return;
            _due.Enqueue(log);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>A pause in which a group grows.</summary>
    public static void Linger() => Thread.Sleep(LingerTime);

    public void Took(long bytes) => Interlocked.Add(ref _pendingBytes, bytes);

    public void Released(long bytes)
    {
        if (Interlocked.Add(ref _pendingBytes, -bytes) > HighWaterBytes) return;
        lock (_lock)
        {
            _room?.TrySetResult();
            _room = null;
        }
    }

    public Task WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (!IsFull) return Task.CompletedTask;
            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Commits what is queued, then ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads) thread.Join();
    }

    private void Run()
    {
        while (Next() is { } log) log.Commit();
    }

    /// <summary>Null = all is committed and no more will come.</summary>
    private PartitionLog? Next()
    {
        lock (_gate)
        {
            PartitionLog? next;
            while (!_due.TryDequeue(out next) && !_ended) Monitor.Wait(_gate);
            return next;
        }
    }
}
