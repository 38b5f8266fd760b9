using System.Collections.Concurrent;

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

    private readonly ManualResetEventSlim _never = new(false, spinCount: 0);
    private readonly BlockingCollection<PartitionLog> _due = [];
    private readonly Lock _lock = new();
    private readonly Thread[] _threads;
    private TaskCompletionSource? _room;
    private long _pendingBytes;

    public CommitPool()
    {
        _threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(Run) { IsBackground = true, Name = $"commit-{index}" })];
        foreach (var thread in _threads) thread.Start();
    }

    public bool IsFull => Volatile.Read(ref _pendingBytes) > HighWaterBytes;

    public void Schedule(PartitionLog log)
    {
        if (!_due.IsAddingCompleted) _due.Add(log);
    }

    /// <summary>A pause in which a group grows.</summary>
    public void Linger() => _never.Wait(LingerTime);

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
        _due.CompleteAdding();
        foreach (var thread in _threads) thread.Join();
        _due.Dispose();
        _never.Dispose();
    }

    private void Run()
    {
        foreach (var log in _due.GetConsumingEnumerable()) log.Commit();
    }
}
