// What this folder computes as TensorFlow operations, by its C API alone, so that any compiler's code fits the library.
//
//   WinogradConv2D(x, filter, bias) -> y
//   WinogradConv2DBackpropInput(dy, filter) -> dx
//   WinogradConv2DBackpropFilter(x, dy) -> dfilter
//
// Shapes as in winograd.h; a bias without numbers is none. Attributes: padding, x's [top, left]; size, the result's
// [height, width].
//
//   WithinChannelLRN(x) -> y, WithinChannelLRNGrad(x, dy) -> dx
//
// As in lrn.h. Attributes: size, twice; alpha; beta.
//
//   CategoricalCrossEntropy(p, target) -> loss of each row, CategoricalCrossEntropyGrad(p, target, dloss) -> dp
//   L2Penalty(x) -> alpha times the sum of squares, L2PenaltyGrad(x, dy) -> dx
//
// As in loss.h.

#include <initializer_list>
#include <vector>

#include "loss.h"
#include "lrn.h"
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
  Floats(TF_OpKernelContext* context, const std::vector<int64_t>& dims, Status& status) {
    size_t bytes = sizeof(float);
    for (const int64_t dim : dims) bytes *= dim;
    tensor_ = TF_AllocateOutput(context, 0, TF_FLOAT, dims.data(), dims.size(), bytes, status);
  }
  ~Floats() {
    if (tensor_) TF_DeleteTensor(tensor_);
  }
  Floats(const Floats&) = delete;
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int64_t size() const { return TF_TensorElementCount(tensor_); }
  int rank() const { return TF_NumDims(tensor_); }
  std::vector<int64_t> dims() const {
    std::vector<int64_t> dims;
    for (int i = 0; i < rank(); ++i) dims.push_back(dim(i));
    return dims;
  }
  bool isFilter(const clr::Shape& shape) const {
    return rank() == 4 && dim(0) == dim(1) && dim(2) == shape.inputs && dim(3) == shape.outputs;
  }
  int dim(int index) const { return index < rank() ? static_cast<int>(TF_Dim(tensor_, index)) : 0; }

 private:
  TF_Tensor* tensor_ = nullptr;
};

// What any of the operations may be told; each reads what it knows.
struct Attributes {
  int32_t padding[2], size[2];
  float alpha, beta;
};

void* create(TF_OpKernelConstruction* construction) {
  Status status;
  auto* const attributes = new Attributes{};
  TF_OpKernelConstruction_GetAttrInt32List(construction, "padding", attributes->padding, 2, status);
  if (status.ok()) TF_OpKernelConstruction_GetAttrInt32List(construction, "size", attributes->size, 2, status);
  if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "alpha", &attributes->alpha, status);
  if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "beta", &attributes->beta, status);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status);
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// Makes room for the result and computes it, where nothing was wrong so far.
template <typename Compute>
void finish(TF_OpKernelContext* context, Status& status, const std::vector<int64_t>& dims, const Compute& compute) {
  if (status.ok()) {
    const Floats to(context, dims, status);
    if (status.ok() && to.size() > 0) compute(to.data());
  }
  if (!status.ok()) TF_OpKernelContext_Failure(context, status);
}

// The same for convolutions, whose shapes it checks.
template <typename Compute>
void finishConvolution(TF_OpKernelContext* context, Status& status, bool fits, int taps, const clr::Shape& shape,
                       const std::vector<int64_t>& dims, const Compute& compute) {
  if (!fits || (taps != 3 && taps != 5) || shape.inputs % clr::kPanel || shape.outputs % clr::kPanel) {
    status.refuse("images [n][height][width][channels], 3x3 or 5x5 filters and channels in multiples of 16 are needed");
  }
  finish(context, status, dims, [&](float* to) {
    if (taps == 3) compute(clr::Winograd<3>(shape), to);
    else compute(clr::Winograd<5>(shape), to);
  });
}

void convolve(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size, alpha, beta] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats x(context, 0, status), filter(context, 1, status), bias(context, 2, status);
  const clr::Shape shape = {x.dim(0), x.dim(1), x.dim(2), x.dim(3), size[0], size[1], filter.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && filter.isFilter(shape) && (bias.size() == 0 || bias.size() == shape.outputs);
  const std::vector<int64_t> result = {shape.images, size[0], size[1], shape.outputs};
  finishConvolution(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* y) {
    winograd.convolve(x.data(), filter.data(), bias.size() ? bias.data() : nullptr, y);
  });
}

void inputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size, alpha, beta] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats dy(context, 0, status), filter(context, 1, status);
  const clr::Shape shape = {dy.dim(0), size[0], size[1], filter.dim(2), dy.dim(1), dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = dy.rank() == 4 && filter.isFilter(shape);
  const std::vector<int64_t> result = {shape.images, size[0], size[1], shape.inputs};
  finishConvolution(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* dx) {
    winograd.inputGradient(dy.data(), filter.data(), dx);
  });
}

void filterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size, alpha, beta] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats x(context, 0, status), dy(context, 1, status);
  const clr::Shape shape = {x.dim(0),  x.dim(1),  x.dim(2),   x.dim(3),  dy.dim(1),
                            dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && dy.rank() == 4 && dy.dim(0) == shape.images && size[0] == size[1];
  const std::vector<int64_t> result = {size[0], size[1], shape.inputs, shape.outputs};
  finishConvolution(context, status, fits, size[0], shape, result, [&](const auto& winograd, float* filter) {
    winograd.filterGradient(x.data(), dy.data(), filter);
  });
}

template <bool gradient>
void normalize(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size, alpha, beta] = *static_cast<Attributes*>(kernel);
  Status status;
  const Floats x(context, 0, status), dy(context, gradient ? 1 : 0, status);
  if (x.rank() != 4 || dy.dims() != x.dims() || size[0] != size[1] || size[0] % 2 != 1) {
    status.refuse("images [n][height][width][channels] and an odd size are needed");
  }
  const clr::LocalResponseNormalization normalization(x.dim(0), x.dim(1), x.dim(2), x.dim(3), size[0], alpha, beta);
  finish(context, status, x.dims(), [&](float* to) {
    if (gradient) normalization.gradient(x.data(), dy.data(), to);
    else normalization.normalize(x.data(), to);
  });
}

template <bool gradient>
void crossEntropy(void*, TF_OpKernelContext* context) {
  Status status;
  const Floats p(context, 0, status), target(context, 1, status), dloss(context, gradient ? 2 : 0, status);
  if (p.rank() != 2 || target.dims() != p.dims() || dloss.dim(0) != p.dim(0)) status.refuse("rows of classes are needed");
  finish(context, status, gradient ? p.dims() : std::vector<int64_t>{p.dim(0)}, [&](float* to) {
    if (gradient) clr::crossEntropyGradient(p.data(), target.data(), dloss.data(), p.dim(0), p.dim(1), to);
    else clr::crossEntropy(p.data(), target.data(), p.dim(0), p.dim(1), to);
  });
}

template <bool gradient>
void penalty(void* kernel, TF_OpKernelContext* context) {
  Status status;
  const Floats x(context, 0, status), dy(context, gradient ? 1 : 0, status);
  finish(context, status, gradient ? x.dims() : std::vector<int64_t>{}, [&](float* to) {
    const float alpha = static_cast<Attributes*>(kernel)->alpha, factor = 2 * alpha * *dy.data();
    if (gradient) std::transform(x.data(), x.data() + x.size(), to, [=](float value) { return factor * value; });
    else *to = alpha * clr::sumOfSquares(x.data(), x.size());
  });
}

bool add(const char* name, std::initializer_list<const char*> inputs, void (*compute)(void*, TF_OpKernelContext*)) {
  Status status;
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(name);
  for (const char* const input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, "result: T");
  TF_OpDefinitionBuilderAddAttr(definition, "T: {float}");
  TF_OpDefinitionBuilderAddAttr(definition, "padding: list(int) = [0, 0]");
  TF_OpDefinitionBuilderAddAttr(definition, "size: list(int) = [0, 0]");
  TF_OpDefinitionBuilderAddAttr(definition, "alpha: float = 0");
  TF_OpDefinitionBuilderAddAttr(definition, "beta: float = 0");
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
                            add("WinogradConv2DBackpropFilter", {"x: T", "dy: T"}, filterGradient) &&
                            add("WithinChannelLRN", {"x: T"}, normalize<false>) &&
                            add("WithinChannelLRNGrad", {"x: T", "dy: T"}, normalize<true>) &&
                            add("CategoricalCrossEntropy", {"p: T", "target: T"}, crossEntropy<false>) &&
                            add("CategoricalCrossEntropyGrad", {"p: T", "target: T", "dloss: T"}, crossEntropy<true>) &&
                            add("L2Penalty", {"x: T"}, penalty<false>) &&
                            add("L2PenaltyGrad", {"x: T", "dy: T"}, penalty<true>);
  return added;
}
