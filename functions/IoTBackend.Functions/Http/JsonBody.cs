using System.Text.Json;
using IoTBackend.Core.Shared;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Http;

/// <summary>Reads an operator's JSON body and writes answers, both in the wire's form.</summary>
internal static class JsonBody
{
    /// <summary>Operators' documents are small; anything larger is a mistake or an attack.</summary>
    private const int MaxBytes = 256 * 1024;

    public static async Task<Result<T>> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : notnull
    {
        if (request.ContentLength > MaxBytes)
            return Result<T>.Rejected($"The body is larger than {MaxBytes} bytes.");
        try
        {
            using var buffer = new MemoryStream();
            var chunk = new byte[8192];
            int read;
            while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
            {
                if (buffer.Length + read > MaxBytes)
                    return Result<T>.Rejected($"The body is larger than {MaxBytes} bytes.");
                buffer.Write(chunk, 0, read);
            }

            var value = JsonSerializer.Deserialize<T>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), WireJson.Options);
            return value is null ? Result<T>.Rejected("The body is empty.") : value;
        }
        catch (JsonException e)
        {
            return Result<T>.Rejected($"The body is not valid: {e.Message}");
        }
    }

    public static IResult Ok<T>(T value, int status = StatusCodes.Status200OK) => Results.Json(value, WireJson.Options, statusCode: status);
}
