using System.Collections.Concurrent;
using Grpc.Core;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Workers;

/// <summary>Where workers call in: only those that were started here are let in, each once.</summary>
internal sealed class WorkerProtocol(ConcurrentDictionary<string, WorkerConnection> expected) : FunctionRpc.FunctionRpcBase
{
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)
            || requestStream.Current is not { ContentCase: StreamingMessage.ContentOneofCase.StartStream } hello
            || !expected.TryRemove(hello.StartStream.WorkerId, out var connection))
            throw new Grpc.Core.RpcException(new Status(StatusCode.PermissionDenied, "This host expects no such worker."));
        await connection.ServeAsync(requestStream, responseStream, context.CancellationToken);
    }
}
