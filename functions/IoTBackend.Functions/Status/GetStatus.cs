using IoTBackend.Functions.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace IoTBackend.Functions.Status;

internal sealed class GetStatus(BackendStatus status)
{
    [Function(nameof(GetStatus))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "api/status")] HttpRequest request, CancellationToken cancellationToken) =>
        JsonBody.Ok(await status.ReadAsync(cancellationToken));
}
