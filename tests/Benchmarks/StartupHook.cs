using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Text.Json;
using IoTBackend.Benchmarks;

/// <summary>Loaded by the runtime into the process that is measured (DOTNET_STARTUP_HOOKS): says what it has used.</summary>
#pragma warning disable CA1050 // The runtime looks for this name outside of any namespace.
internal static class StartupHook
{
    private static readonly ConcurrentDictionary<int, long> Requests = new();
    private static readonly Lock Writing = new();
    private static Timer? s_timer;
    private static RequestCounter? s_requests;
    private static long s_executions;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(ProcessUse.FileVariable) is not { } file)
            return;
        if (Environment.GetEnvironmentVariable(ProcessUse.CountVariable) is not null)
        {
            s_requests = new();
            ActivitySource.AddActivityListener(new()
            {
                ShouldListenTo = source => source.Name == "Microsoft.Azure.Functions.Worker",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
                ActivityStopped = _ => Interlocked.Increment(ref s_executions),
            });
        }

        s_timer = new Timer(_ => Write(file), null, 0, 200);
    }

    /// <summary>One at a time: a write that takes longer than the timer's period would share its file with the next.</summary>
    private static void Write(string file)
    {
        if (!Writing.TryEnter())
            return;
        try
        {
            Replace(file);
        }
        finally
        {
            Writing.Exit();
        }
    }

    private static void Replace(string file)
    {
        var use = new ProcessUse(GC.GetTotalAllocatedBytes(), Interlocked.Read(ref s_executions), new Dictionary<int, long>(Requests));
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(use));
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>The runtime's own events: every request of every HttpClient, by port.</summary>
    private sealed class RequestCounter : EventListener
    {
        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Http")
                EnableEvents(eventSource, EventLevel.Informational);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData is { EventName: "RequestStart", Payload: [_, _, int port, ..] })
                Requests.AddOrUpdate(port, 1, (_, count) => count + 1);
        }
    }
}
