using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace IoTBackend.Core.Shared;

/// <summary>
/// What went wrong with some of many things that have nothing to do with each other: the others are done all the same, and it is thrown in the end.
/// Safe for concurrent use.
/// </summary>
internal sealed class Failures
{
    /// <summary>Kept of very many, which have one cause.</summary>
    private const int Most = 10;

    private readonly ConcurrentQueue<Exception> _first = [];

    public bool IsEmpty => _first.IsEmpty;

    /// <summary>Whether it is about one thing: a service that is down is down for all of them.</summary>
    public static bool IsOfOne(Exception e, CancellationToken cancellationToken) => e is not (UnavailableException or OperationCanceledException) && !cancellationToken.IsCancellationRequested;

    /// <exception cref="UnavailableException">The others need not be tried.</exception>
    public async Task TryAsync(Func<Task> one, CancellationToken cancellationToken)
    {
        try
        {
            await one();
        }
        catch (Exception e) when (IsOfOne(e, cancellationToken))
        {
            Add(e);
        }
    }

    public void Add(Exception e)
    {
        if (_first.Count < Most)
            _first.Enqueue(e);
    }

    public void ThrowIfAny()
    {
        if (_first.Count > 1)
            throw new AggregateException(_first);
        if (_first.TryPeek(out var only))
            ExceptionDispatchInfo.Throw(only);
    }
}
