// The convolutions as TensorFlow operations, by its C API alone, so that any compiler's code fits the library.
//
//   WinogradConv2D(x, filter, bias) -> y
//   WinogradConv2DBackpropInput(dy, filter) -> dx
//   WinogradConv2DBackpropFilter(x, dy) -> dfilter
//
// Shapes as in winograd.h; a bias without numbers is none. Attributes: padding, x's [top, left]; size, the result's
// [height, width].

#include <initializer_list>

#include "tensorflow.h"
#include "winograd.h"

namespace {

class Status {
 public:
  ~Status() { TF_DeleteStatus(status_); }
  operator TF_Status*() { return status_; }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  void refuse(const char* message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message); }

 private:
  TF_Status* const status_ = TF_NewStatus();
};

// A float tensor that the kernel reads or writes.
class Floats {
 public:
  // The kernel's input of that number.
  Floats(TF_OpKernelContext* context, int index, Status& status) { TF_GetInput(context, index, &tensor_, status); }
  // The kernel's result.
  Floats(TF_OpKernelContext* context, const int64_t (&dims)[4], Status& status)
      : tensor_(TF_AllocateOutput(context, 0, TF_FLOAT, dims, 4, dims[0] * dims[1] * dims[2] * dims[3] * sizeof(float), status)) {}
  ~Floats() {
    if (tensor_) TF_DeleteTensor(tensor_);
  }
  Floats(const Floats&) = delete;
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int64_t size() const { return TF_TensorElementCount(tensor_); }
  int rank() const { return TF_NumDims(tensor_); }
  bool isFilter(const clr::Shape& shape) const {
    return rank() == 4 && dim(0) == dim(1) && dim(2) == shape.inputs && dim(3) == shape.outputs;
  }
  int dim(int index) const { return index < rank() ? static_cast<int>(TF_Dim(tensor_, index)) : 0; }

 private:
  TF_Tensor* tensor_ = nullptr;
};

struct Attributes {
  int32_t padding[2], size[2];
};

void* create(TF_OpKernelConstruction* construction) {
  Status status;
  auto* const attributes = new Attributes{};
  TF_OpKernelConstruction_GetAttrInt32List(construction, "padding", attributes->padding, 2, status);
  if (status.ok()) TF_OpKernelConstruction_GetAttrInt32List(construction, "size", attributes->size, 2, status);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status);
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// Checks what a call brings, makes room for its result and computes it.
template <typename Compute>
void finish(TF_OpKernelContext* context, Status& status, bool fits, int taps, const clr::Shape& shape,
            const int64_t (&result)[4], const Compute& compute) {
  if (!fits || (taps != 3 && taps != 5) || shape.inputs % clr::kPanel || shape.outputs % clr::kPanel) {
    status.refuse("images [n][height][width][channels], 3x3 or 5x5 filters and channels in multiples of 16 are needed");
  }
  if (status.ok()) {
    const Floats to(context, result, status);
    if (status.ok() && to.size() > 0) {
      if (taps == 3) compute(clr::Winograd<3>(shape), to.data());
      else compute(clr::Winograd<5>(shape), to.data());
    }
  }
  if (!status.ok()) TF_OpKernelContext_Failure(context, status);
}

void convolve(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats x(context, 0, status), filter(context, 1, status), bias(context, 2, status);
  const clr::Shape shape = {x.dim(0), x.dim(1), x.dim(2), x.dim(3), size[0], size[1], filter.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && filter.isFilter(shape) && (bias.size() == 0 || bias.size() == shape.outputs);
  const int64_t result[4] = {shape.images, size[0], size[1], shape.outputs};
  finish(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* y) {
    winograd.convolve(x.data(), filter.data(), bias.size() ? bias.data() : nullptr, y);
  });
}

void inputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats dy(context, 0, status), filter(context, 1, status);
  const clr::Shape shape = {dy.dim(0), size[0], size[1], filter.dim(2), dy.dim(1), dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = dy.rank() == 4 && filter.isFilter(shape);
  const int64_t result[4] = {shape.images, size[0], size[1], shape.inputs};
  finish(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* dx) {
    winograd.inputGradient(dy.data(), filter.data(), dx);
  });
}

void filterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats x(context, 0, status), dy(context, 1, status);
  const clr::Shape shape = {x.dim(0),  x.dim(1),  x.dim(2),   x.dim(3),  dy.dim(1),
                            dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && dy.rank() == 4 && dy.dim(0) == shape.images && size[0] == size[1];
  const int64_t result[4] = {size[0], size[1], shape.inputs, shape.outputs};
  finish(context, status, fits, size[0], shape, result, [&](const auto& winograd, float* filter) {
    winograd.filterGradient(x.data(), dy.data(), filter);
  });
}

bool add(const char* name, std::initializer_list<const char*> inputs, void (*compute)(void*, TF_OpKernelContext*)) {
  Status status;
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(name);
  for (const char* const input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, "result: T");
  TF_OpDefinitionBuilderAddAttr(definition, "T: {float}");
  TF_OpDefinitionBuilderAddAttr(definition, "padding: list(int)");
  TF_OpDefinitionBuilderAddAttr(definition, "size: list(int)");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* inference, TF_Status* result) {
    TF_ShapeInferenceContextSetUnknownShape(inference, result);
  });
  TF_RegisterOpDefinition(definition, status);
  if (!status.ok()) return false;
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, compute, destroy), status);
  return status.ok();
}

}  // namespace

// Adds the operations to the process's TensorFlow, once; false if it would not have them.
extern "C" bool addOperations() {
  static const bool added = add("WinogradConv2D", {"x: T", "filter: T", "bias: T"}, convolve) &&
                            add("WinogradConv2DBackpropInput", {"dy: T", "filter: T"}, inputGradient) &&
                            add("WinogradConv2DBackpropFilter", {"x: T", "dy: T"}, filterGradient);
  return added;
}
