using System.Collections.Concurrent;
using System.Diagnostics;
using IoTBackend.Cost;

namespace IoTBackend.Benchmarks.Costs;

/// <summary>Counts, inside the process that is measured, what Azure would bill: invocations, the time they take, requests to storage.</summary>
internal sealed class UseCounter : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    // The worker's activities where it exports: "function NAME".
    private const string Worker = "Microsoft.Azure.Functions.Worker";
    private const string ActivityPrefix = "function ";

    private readonly ConcurrentDictionary<string, long> _requests = new();
    private readonly ConcurrentDictionary<string, long> _sentBytes = new();
    private readonly ConcurrentDictionary<string, long> _runs = new();
    private readonly ConcurrentDictionary<string, long> _busyTicks = new();
    private readonly ConcurrentDictionary<string, BilledTime> _billed = new();
    private readonly Lazy<ScaleGroups> _groups = new(ScaleGroups.OfTheApp);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Func<object, HttpRequestMessage>? _request;
    private long _spans;

    public UseCounter()
    {
        DiagnosticListener.AllListeners.Subscribe(this);
        ActivitySource.AddActivityListener(new()
        {
            ShouldListenTo = source => source.Name == Worker,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStarted = activity => Billed(NameOf(activity)).Started(_clock.Elapsed),
            ActivityStopped = Ended,
        });
        ActivitySource.AddActivityListener(new()
        {
            ShouldListenTo = source => source.Name.StartsWith("IoTBackend.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStopped = _ => Interlocked.Increment(ref _spans),
        });
    }

    public CountedUse Read()
    {
        var now = _clock.Elapsed;
        return new(
            new(_requests), new(_sentBytes), new(_runs),
            _busyTicks.ToDictionary(f => f.Key, f => TimeSpan.FromTicks(f.Value).TotalSeconds),
            _billed.ToDictionary(g => g.Key, g => g.Value.At(now).TotalSeconds),
            Interlocked.Read(ref _spans));
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "HttpHandlerDiagnosticListener")
            value.Subscribe(this, name => name == "System.Net.Http.HttpRequestOut.Start" || name == "System.Net.Http.HttpRequestOut");
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is not { Key: "System.Net.Http.HttpRequestOut.Start", Value: { } payload })
            return;
        var property = payload.GetType().GetProperty("Request")!;
        _request ??= start => (HttpRequestMessage)property.GetValue(start)!;
        var request = _request(payload);
        var name = StorageRequest.NameOf(request.Method.Method, request.RequestUri!);
        _requests.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (request.Content?.Headers.ContentLength is > 0 and { } length)
            _sentBytes.AddOrUpdate(name, length, (_, sum) => sum + length);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private static string NameOf(Activity activity) => activity.OperationName.StartsWith(ActivityPrefix, StringComparison.Ordinal)
        ? activity.OperationName[ActivityPrefix.Length..]
        : activity.OperationName;

    private BilledTime Billed(string function) => _billed.GetOrAdd(_groups.Value.Of(function), _ => new());

    private void Ended(Activity activity)
    {
        var function = NameOf(activity);
        Billed(function).Ended(_clock.Elapsed);
        _runs.AddOrUpdate(function, 1, (_, count) => count + 1);
        _busyTicks.AddOrUpdate(function, activity.Duration.Ticks, (_, sum) => sum + activity.Duration.Ticks);
    }
}
