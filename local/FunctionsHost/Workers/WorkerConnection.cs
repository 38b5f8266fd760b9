using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>The stream of messages to and from one worker process, from its first call until it closes; invocations on it run side by side.</summary>
internal sealed class WorkerConnection(string id, TimeProvider time, Action<RpcLog> log)
{
    private readonly Channel<StreamingMessage> outgoing = Channel.CreateUnbounded<StreamingMessage>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> asked = new();
    private readonly ConcurrentDictionary<string, Running> running = new();
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Under which the worker introduces itself.</summary>
    public string Id => id;

    /// <summary>Ends when the worker has called.</summary>
    public Task Opened => opened.Task;

    /// <summary>Ends when the stream has.</summary>
    public Task Closed => closed.Task;

    /// <summary>Runs the stream to its end. Whatever waits for the worker then fails with <see cref="WorkerGoneException"/>.</summary>
    public async Task ServeAsync(IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> worker, CancellationToken cancellationToken)
    {
        opened.TrySetResult();
        var writing = WriteAsync(worker, cancellationToken);
        try
        {
            while (await incoming.MoveNext(cancellationToken))
                Take(incoming.Current);
        }
        catch (Exception cut) when (cut is IOException or OperationCanceledException)
        {
            // The worker's end is seen here first.
        }
        finally
        {
            outgoing.Writer.TryComplete();
            await writing;
            Close();
        }
    }

    /// <summary>Asks the worker for something and waits for the answer.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage question, CancellationToken cancellationToken)
    {
        question.RequestId = Guid.NewGuid().ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked[question.RequestId] = answer;
        Post(question);
        if (Closed.IsCompleted)
            Close();
        return await answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Runs one invocation. When cancelled the worker is told, and its answer awaited all the same.</summary>
    /// <exception cref="FunctionFailedException">The function threw.</exception>
    /// <exception cref="WorkerGoneException">The worker ended; nothing is known of what the function did.</exception>
    /// <exception cref="OperationCanceledException">It failed after it was cancelled.</exception>
    public async Task InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var invocation = new Running(this, request.InvocationId, request.FunctionId, time.GetTimestamp());
        running[request.InvocationId] = invocation;
        // The worker takes it for granted.
        request.TraceContext ??= new();
        Post(new() { InvocationRequest = request });
        if (Closed.IsCompleted)
            Close();
        StatusResult result;
        using (cancellationToken.UnsafeRegister(static state => ((Running)state!).Cancel(), invocation))
            result = await invocation.Task;
        if (result.Status == StatusResult.Types.Status.Success)
            return;
        // A function that was cancelled mostly answers with its own exception.
        cancellationToken.ThrowIfCancellationRequested();
        throw new FunctionFailedException(result.Exception ?? new() { Message = $"The function ended as {result.Status}." });
    }

    /// <summary>Tells the worker that the caller has lost interest.</summary>
    public void Cancel(string invocationId) => Post(new() { InvocationCancel = new() { InvocationId = invocationId } });

    /// <summary>Asks the worker to end; it abandons what is still running.</summary>
    public void Terminate() => Post(new() { WorkerTerminate = new() });

    /// <summary>Cancels the invocations that have been running for longer; the ids of their functions, each invocation once.</summary>
    public IReadOnlyList<string> CancelOverdue(TimeSpan limit)
    {
        var overdue = running.Where(entry => !entry.Value.IsOverdue && time.GetElapsedTime(entry.Value.Started) > limit).ToList();
        foreach (var (_, invocation) in overdue)
        {
            invocation.IsOverdue = true;
            invocation.Cancel();
        }
        return overdue.ConvertAll(entry => entry.Value.FunctionId);
    }

    public bool HasOlderThan(TimeSpan limit) => running.Values.Any(invocation => time.GetElapsedTime(invocation.Started) > limit);

    private void Post(StreamingMessage message) => outgoing.Writer.TryWrite(message);

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> worker, CancellationToken cancellationToken)
    {
        var more = new WriteOptions(WriteFlags.BufferHint);
        try
        {
            while (await outgoing.Reader.WaitToReadAsync(cancellationToken))
                while (outgoing.Reader.TryRead(out var message))
                {
                    // What goes out together is flushed together.
                    worker.WriteOptions = outgoing.Reader.TryPeek(out _) ? more : null;
                    await worker.WriteAsync(message, cancellationToken);
                }
        }
        catch (Exception cut) when (cut is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The reading side ends the connection.
        }
    }

    private void Take(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (running.TryRemove(message.InvocationResponse.InvocationId, out var invocation))
                    invocation.TrySetResult(message.InvocationResponse.Result);
                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                log(message.RpcLog);
                break;
            // Cancellation and termination are answered by messages without content.
            case StreamingMessage.ContentOneofCase.None:
                break;
            default:
                if (asked.TryRemove(message.RequestId, out var answer))
                    answer.TrySetResult(message);
                break;
        }
    }

    private void Close()
    {
        closed.TrySetResult();
        foreach (var key in asked.Keys)
            if (asked.TryRemove(key, out var answer))
                answer.TrySetException(new WorkerGoneException());
        foreach (var key in running.Keys)
            if (running.TryRemove(key, out var invocation))
                invocation.TrySetException(new WorkerGoneException());
    }

    private sealed class Running(WorkerConnection connection, string invocationId, string functionId, long started)
        : TaskCompletionSource<StatusResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string FunctionId => functionId;

        public long Started => started;

        public bool IsOverdue { get; set; }

        public void Cancel() => connection.Cancel(invocationId);
    }
}
