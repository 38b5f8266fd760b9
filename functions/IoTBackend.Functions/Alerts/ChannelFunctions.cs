using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Alerts;

internal sealed class ChannelFunctions(ChannelRequests channels)
{
    private const string Channel = "api/channels/{name}";

    [Function("PutChannel")]
    public Task<IResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        channels.PutAsync(request, name, cancellationToken);

    [Function("GetChannel")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        channels.GetAsync(name, cancellationToken);

    [Function("DeleteChannel")]
    public Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = Channel)] HttpRequest request, string name, CancellationToken cancellationToken) =>
        channels.DeleteAsync(name, cancellationToken);

    [Function("ListChannels")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/channels")] HttpRequest request, CancellationToken cancellationToken) =>
        channels.ListAsync(cancellationToken);

    [Function("TestChannel")]
    public Task<IResult> TestAsync(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = Channel + "/test")] HttpRequest request, string name, CancellationToken cancellationToken) =>
        channels.TestAsync(name, cancellationToken);
}
